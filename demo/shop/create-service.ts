import { Agent, createServer, get, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import type { Answer } from './answer.ts'
import { addToBasket, basketOf } from './basket.ts'
import { carriedHeaders } from './carry.ts'
import { answerAsRequest, isHandshake, refusalOf } from './handshake.ts'
import { createLive } from './live.ts'
import { renderPage } from './page.ts'
import type { Service } from './service.ts'

const NEXT_TIMEOUT_MS = 10_000

/** Makes the service's server; the caller listens, and emits `leaving` before it closes it. */
export function createService (service: Service): Server {
  // Connections between services stay open, as in any real shop: waylay decides for each request, not connection.
  const agent = new Agent({ keepAlive: true })
  const server = createServer((req, res) => {
    if (req.url === '/healthz') {
      res.end('ok\n')
      return
    }
    const refusal = refusalOf(req)
    if (refusal !== undefined) {
      res.writeHead(refusal.status, refusal.headers).end()
      return
    }
    if (req.url === '/basket' && req.method === 'POST') addToBasket(req, res)
    else void answer(service, agent, req, res)
  })
  const live = createLive(service)
  server.on('upgrade', (req, socket, head) => {
    if (isHandshake(req)) live.accept(req, socket, head)
    else answerAsRequest(server, req, socket)
  })
  server.on('leaving', live.end)
  server.on('close', () => agent.destroy())
  return server
}

async function answer (service: Service, agent: Agent, req: IncomingMessage, res: ServerResponse): Promise<void> {
  const { name, answeredBy, instance, next } = service
  const own = { service: name, answeredBy, instance }
  const behind = next && await ask(next.url, agent, req).catch((error: Error) => ({ error: error.message }))
  const whole: Answer = next === undefined ? own : { ...own, [next.name]: behind }
  const failed = behind !== undefined && 'error' in behind
  const wantsPage = req.headers.accept?.includes('text/html') === true
  res.writeHead(failed ? 502 : 200, { 'content-type': wantsPage ? 'text/html; charset=utf-8' : 'application/json' })
  res.end(wantsPage ? renderPage(whole, basketOf(req)) : `${JSON.stringify(whole)}\n`)
}

async function ask (url: string, agent: Agent, incoming: IncomingMessage): Promise<object> {
  const headers = { ...carriedHeaders(incoming.headers), accept: 'application/json' }
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const request = get(url, { agent, headers, timeout: NEXT_TIMEOUT_MS }, resolve)
    request.on('error', reject)
    request.on('timeout', () => request.destroy(new Error(`${url} gave no answer in ${NEXT_TIMEOUT_MS / 1000} s`)))
  })
  const body = await text(response)
  if (response.headers['content-type'] !== 'application/json') throw new Error(`${url}: ${response.statusCode} ${body}`)
  const parsed: unknown = JSON.parse(body)
  if (typeof parsed !== 'object' || parsed === null) throw new Error(`${url} answered ${body}`)
  return parsed
}
