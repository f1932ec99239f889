import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import type { ExecutionContext } from 'ava'

export type ApiStub = {
  readonly url: string
  /** By `METHOD /path?query`, or without the query. */
  readonly answers: Readonly<Record<string, {
    readonly status: number
    readonly body: object
    readonly headers?: Readonly<Record<string, readonly string[]>>
  }>>
  /** What was asked, in order, with the query. */
  readonly requests: string[]
  /** What was sent with each of them. */
  readonly bodies: string[]
}

/** NOT Kubernetes: gives the answers it was told, and 404 to everything else. */
export async function startApiStub (t: ExecutionContext, answers: ApiStub['answers']): Promise<ApiStub> {
  const requests: string[] = []
  const bodies: string[] = []
  const server = createServer((request, response) => { void receive(request, response) })
  const receive = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const line = `${request.method ?? ''} ${request.url ?? ''}`
    requests.push(line)
    bodies.push(await text(request))
    const { status, body, headers } = answers[line] ?? answers[line.split('?')[0] ?? ''] ??
      { status: 404, body: { message: `no answer for ${line}`, details: { name: 'x' } } }
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))
  }
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, answers, requests, bodies }
}
