import { request, type ClientRequest, type IncomingMessage, type ServerResponse } from 'node:http'
import { pipeline } from 'node:stream'
import type { Field } from '../browse/fields.ts'
import type { Mapping } from '../browse/url-map.ts'
import { connectApp } from './app-socket.ts'
import { callerFields, grouped } from './caller-fields.ts'
import type { Destination } from './destination.ts'
import type { Link } from './links.ts'
import { readFields, type AnyRequest } from './request.ts'
import { isGone, isHttp2, type AnyResponse } from './response.ts'
import { passedTrailers } from './trailers.ts'

/** A request on its way to the app. */
export type Outgoing = {
  readonly destination: Destination
  readonly mapping: Mapping
  readonly link: Link
  /** As the app gets them. */
  readonly fields: readonly Field[]
}

const CONNECT_TIMEOUT_MS = 5000

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
  // While the Service was read: no event will tell of it any more.
  if (isGone(res)) return 'broken'
  const { promise, resolve } = Promise.withResolvers<'answered' | 'unreachable' | 'broken'>()
  const toApp = openRequest(req.method ?? '', req.url ?? '/', outgoing)
  const fail = (): void => {
    toApp.destroy()
    resolve(res.headersSent ? 'broken' : 'unreachable')
  }
  let isAnswered = false
  toApp.on('error', () => { if (!isAnswered) fail() })
  toApp.once('close', () => {
    // Without a word, as after a switch of protocols that nobody asked for.
    if (!isAnswered) fail()
    // Many a visitor reads the answer when all is sent, and not before.
    req.unpipe(toApp)
    req.resume()
  })
  toApp.on('response', answer => {
    isAnswered = true
    // Where an answer is as long as its connection lives, Node takes a reset for the end.
    toApp.on('error', error => { if (!answer.complete) answer.destroy(error) })
    try {
      writeHead(res, answer, outgoing.mapping)
    } catch {
      // A header that Node reads but does not write.
      return fail()
    }
    answer.once('end', () => { addTrailers(res, passedTrailers(readTrailers(answer))) })
    pipeline(answer, res as ServerResponse, error => {
      if (error) toApp.destroy()
      resolve(error ? 'broken' : 'answered')
    })
  })
  // HTTP/2 says `writableFinished` of an answer that its visitor has not waited for, too.
  res.once('close', () => { if (!res.writableEnded) fail() })
  req.once('end', () => {
    const taken = new Set(outgoing.link.headers.map(({ name }) => name))
    const trailers = passedTrailers(readTrailers(req), taken)
    if (trailers.length > 0) toApp.addTrailers(pairsOf(trailers))
  })
  req.on('error', fail)
  // Without waiting for the first bytes of the body: its sender may wait for the answer.
  toApp.flushHeaders()
  req.pipe(toApp)
  return await promise
}

/** Opens the request to the app; its body is for the one who asks to write. */
export function openRequest (
  method: string, path: string, { destination: { host, port }, fields }: Outgoing
): ClientRequest {
  const headers = fields.flatMap(([name, value, sentName = name]) => [sentName, value])
  // A connection for each: one that is kept may be closed by the app at the moment that a POST is written to it.
  const createConnection = () => connectApp(host, port)
  const toApp = request({ createConnection, method, path, headers, setHost: false })
  toApp.once('socket', socket => {
    const timer = setTimeout(() => { toApp.destroy(new Error('The app did not accept a connection')) }, CONNECT_TIMEOUT_MS)
    const stop = (): void => clearTimeout(timer)
    socket.once('connect', stop).once('close', stop)
  })
  return toApp
}

function writeHead (res: AnyResponse, answer: IncomingMessage, mapping: Mapping): void {
  const fields = callerFields(readFields(answer), mapping)
    // Node writes trailers that no line announces, and throws where one stands without chunks. HTTP/2 knows no `te`.
    .filter(([name]) => name !== 'trailer' && !(isHttp2(res) && name === 'te'))
  for (const [name, values] of grouped(fields)) res.setHeader(name, values)
  const { statusCode = 502, statusMessage } = answer
  // HTTP/1.1 would wait for the first bytes of the body: a stream of events may have none for minutes.
  if (isHttp2(res)) res.writeHead(statusCode)
  else res.writeHead(statusCode, statusMessage).flushHeaders()
}

function readTrailers ({ rawTrailers }: AnyRequest): Field[] {
  return readFields({ rawHeaders: rawTrailers })
}

function addTrailers (res: AnyResponse, trailers: readonly Field[]): void {
  if (trailers.length === 0) return
  if (isHttp2(res)) res.addTrailers(Object.fromEntries(trailers.map(([name, value]) => [name, value])))
  else res.addTrailers(pairsOf(trailers))
}

function pairsOf (fields: readonly Field[]): [string, string][] {
  return fields.map(([name, value, sentName = name]) => [sentName, value])
}
