import { Agent, request, type ClientRequest, type IncomingMessage, type ServerResponse } from 'node:http'
import { pipeline } from 'node:stream'
import type { Field } from '../browse/fields.ts'
import type { Mapping } from '../browse/url-map.ts'
import { callerFields, grouped } from './caller-fields.ts'
import type { Destination } from './destination.ts'
import { readFields, type AnyRequest } from './request.ts'
import { isHttp2, type AnyResponse } from './response.ts'

/** A request on its way to the app. */
export type Outgoing = {
  readonly destination: Destination
  readonly mapping: Mapping
  /** As the app gets them. */
  readonly fields: readonly Field[]
}

const CONNECT_TIMEOUT_MS = 5000

// A connection for each: one that is kept may be closed by the app at the moment that a POST is written to it.
const agent = new Agent({ keepAlive: false })

/**
 * Hands one request to the app and its answer back, bodies and trailers included. An answer may take as long as it
 * likes: a developer may be at a breakpoint.
 *
 * Not http2-proxy: it sends a GET's Content-Length on but not its body, so that the app waits for ever, and drops `te`
 * and a request's trailers. Neither can be mended from outside.
 *
 * @returns `answered`; `unreachable` when nothing was written to the visitor yet; `broken` when the answer was cut.
 */
export async function forward (
  req: AnyRequest, res: AnyResponse, outgoing: Outgoing
): Promise<'answered' | 'unreachable' | 'broken'> {
  const { promise, resolve } = Promise.withResolvers<'answered' | 'unreachable' | 'broken'>()
  const toApp = openRequest(req.method ?? '', req.url ?? '/', outgoing)
  const fail = (): void => {
    toApp.destroy()
    resolve(res.headersSent ? 'broken' : 'unreachable')
  }
  toApp.on('error', fail)
  toApp.on('response', answer => {
    try {
      writeHead(res, answer, outgoing.mapping)
    } catch {
      // A header that Node reads but does not write.
      return fail()
    }
    answer.once('end', () => { if (answer.rawTrailers.length > 0) addTrailers(res, answer) })
    pipeline(answer, res as ServerResponse, error => {
      if (error) toApp.destroy()
      resolve(error ? 'broken' : 'answered')
    })
  })
  res.once('close', () => {
    if (!res.writableFinished) fail()
  })
  req.once('end', () => { if (req.rawTrailers.length > 0) toApp.addTrailers(pairsOf(req.rawTrailers)) })
  req.once('error', fail)
  req.pipe(toApp)
  return await promise
}

/** Opens the request to the app; its body is for the one who asks to write. */
export function openRequest (
  method: string, path: string, { destination: { host, port }, fields }: Outgoing
): ClientRequest {
  const headers = fields.flatMap(([name, value, sentName = name]) => [sentName, value])
  const toApp = request({ agent, host, port, method, path, headers, setHost: false })
  toApp.once('socket', socket => {
    const timer = setTimeout(() => { toApp.destroy(new Error('The app did not accept a connection')) }, CONNECT_TIMEOUT_MS)
    const stop = (): void => clearTimeout(timer)
    socket.once('connect', stop).once('close', stop)
  })
  return toApp
}

function writeHead (res: AnyResponse, answer: IncomingMessage, mapping: Mapping): void {
  const fields = callerFields(readFields(answer), mapping)
    // HTTP/2 knows no such line, and needs none.
    .filter(([name]) => !(isHttp2(res) && (name === 'te' || name === 'trailer')))
  for (const [name, values] of grouped(fields)) res.setHeader(name, values)
  if (isHttp2(res)) res.writeHead(answer.statusCode ?? 502)
  else res.writeHead(answer.statusCode ?? 502, answer.statusMessage)
}

function addTrailers (res: AnyResponse, { rawTrailers }: IncomingMessage): void {
  if (isHttp2(res)) res.addTrailers(Object.fromEntries(pairsOf(rawTrailers)))
  else res.addTrailers(pairsOf(rawTrailers))
}

function pairsOf (raw: readonly string[]): [string, string][] {
  return Array.from({ length: Math.floor(raw.length / 2) }, (_, index) => [raw[2 * index] ?? '', raw[2 * index + 1] ?? ''])
}
