import {
  connect, constants, type ClientHttp2Session, type ClientHttp2Stream, type IncomingHttpHeaders,
  type OutgoingHttpHeaders
} from 'node:http2'
import type { Field } from '../../http1/fields.ts'
import type { Exchange, Origin } from './exchange.ts'
import type { ExchangeLog } from './exchange-log.ts'
import type { ReplayRequest } from './replay-request.ts'
import { countMessages, type MessageCounter } from './watch/message-counter.ts'
import { PROGRAM_CLOSED } from '../intercept/developer/stream-watch.ts'

/** Sends it on an HTTP/2 connection of its own. Returns the exchange's id. */
export function replayHttp2 (log: ExchangeLog, origin: Origin, request: ReplayRequest): number {
  const headers = request.headers.map(([name, value]): Field => [name.toLowerCase(), value])
  const exchange = log.begin(origin, { method: request.method, target: request.target, headers })
  exchange.requestBody.push(request.body)
  const counters = exchange.kind === 'grpc' ? countMessages(exchange) : undefined
  counters?.sent.push(request.body, 0, request.body.length)
  void origin.developer.dial().then(socket => {
    // A program that never answers must not keep the command from ending.
    socket.unref()
    const session = connect('http://localhost', { createConnection: () => socket })
    session.on('error', error => { exchange.fail(error.message) })
    session.on('close', () => { exchange.fail(PROGRAM_CLOSED) })
    try {
      const stream = send(session, exchange, request, headers, counters?.received)
      // Our side of the socket is still open, and Node would wait for the rest of a response for ever.
      socket.on('end', () => { if (!stream.closed) session.destroy(new Error(PROGRAM_CLOSED)) })
    } catch (error) {
      session.destroy()
      throw error
    }
    // Node refuses some of what callers may send, two lines of one `content-type` for example.
  }).catch((error: unknown) => { exchange.fail(error instanceof Error ? error.message : String(error)) })
  return exchange.id
}

function send (
  session: ClientHttp2Session, exchange: Exchange, { method, target, body }: ReplayRequest, headers: readonly Field[],
  received: MessageCounter | undefined
): ClientHttp2Stream {
  const stream = session.request({ ...toOutgoing(headers), ':method': method, ':path': target }, { endStream: body.length === 0 })
  exchange.sent()
  if (body.length > 0) stream.end(body)
  exchange.requestEnded()
  stream.on('response', answer => { exchange.respond(Number(answer[':status']), '', toFields(answer)) })
  stream.on('trailers', trailers => { exchange.responseTrailers = toFields(trailers) })
  stream.on('data', (bytes: Buffer) => {
    received?.push(bytes, 0, bytes.length)
    exchange.responseBody.push(bytes)
    exchange.touched()
  })
  stream.on('error', error => { exchange.fail(error.message) })
  stream.on('close', () => {
    if (stream.rstCode === constants.NGHTTP2_NO_ERROR && exchange.status !== undefined) exchange.end()
    else exchange.fail(`The stream was reset (code ${stream.rstCode})`)
    session.close()
  })
  return stream
}

function toOutgoing (headers: readonly Field[]): OutgoingHttpHeaders {
  const outgoing: Record<string, string | string[]> = {}
  for (const [name, value] of headers) {
    const key = name === 'host' ? ':authority' : name
    const known = outgoing[key]
    outgoing[key] = known === undefined || key === ':authority' ? value : [known, value].flat()
  }
  return outgoing
}

function toFields (headers: IncomingHttpHeaders): readonly Field[] {
  return Object.entries(headers).filter(([name]) => !name.startsWith(':'))
    .flatMap(([name, value]) => [value ?? []].flat().map((one): Field => [name, one]))
}
