import { constants, createServer, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2'
import type { Socket } from 'node:net'
import type { Field } from '../../browse/fields.ts'
import { toAppFields } from '../../browse/request-fields.ts'
import { toWaylayError } from '../../common/errors.ts'
import type { AppSession } from './app-session.ts'
import { answerFailure } from './failure-answer.ts'
import { whyRefused } from './guard.ts'
import { toFields, toHeaders } from './http2-headers.ts'
import { Http2Turn } from './http2-turn.ts'
import { pathOf, type Site } from './site.ts'
import { Trailers } from './trailers.ts'

/** Callers that speak HTTP/2 from the first byte on: gRPC tools, `curl --http2-prior-knowledge`. */
export class Http2Callers {
  readonly #server = createServer()
  readonly #site: Site
  readonly #session: AppSession

  constructor (site: Site, session: AppSession) {
    this.#site = site
    this.#session = session
    this.#server.on('sessionError', () => {})
    this.#server.on('stream', (stream: ServerHttp2Stream, headers: IncomingHttpHeaders, flags: number) => {
      void this.#serve(stream, headers, flags)
    })
  }

  /** @param socket nothing of what came on it was taken out. */
  accept (socket: Socket): void {
    this.#server.emit('connection', socket)
  }

  /** Never rejects. */
  async #serve (stream: ServerHttp2Stream, headers: IncomingHttpHeaders, flags: number): Promise<void> {
    const isWhole = (flags & constants.NGHTTP2_FLAG_END_STREAM) !== 0
    const startedMs = performance.now()
    const host = headers[':authority'] ?? headers.host
    const fields: readonly Field[] = [...host === undefined ? [] : [['host', host] as const], ...toFields(headers)]
    const facts = { method: headers[':method'] ?? '-', path: pathOf(headers[':path'] ?? '-') }
    const trailers = new Trailers(stream)
    stream.on('error', () => {})
    const onOver = (status: number | undefined, divertedTo: string | undefined, failure?: string): void => {
      const durationMs = performance.now() - startedMs
      this.#site.onTurn({ ...facts, status, durationMs, divertedTo, ...(failure !== undefined && { failure }) })
    }
    try {
      const refusal = whyRefused(facts.method, fields, this.#site.address)
      if (refusal !== undefined) throw refusal
      const mapping = this.#site.mappingFor(host)
      const session = await this.#session.get()
      if (stream.destroyed) return onOver(undefined, undefined)
      const sent = toHeaders(toAppFields(fields.filter(([name]) => name !== 'host'), mapping, this.#site.routing))
      const app = session.request({
        ':method': facts.method,
        ':path': headers[':path'] ?? '/',
        ':scheme': mapping.app.origin.split(':', 1)[0] ?? 'http',
        ':authority': mapping.app.host,
        ...sent
      }, isWhole ? { endStream: true } : { endStream: false, waitForTrailers: true })
      new Http2Turn({ stream, trailers }, app, mapping, onOver).start()
    } catch (error) {
      const failure = toWaylayError(error)
      const { status, fields: lines, body } = answerFailure(failure, String(headers.accept ?? ''))
      onOver(status, undefined, failure.code)
      if (stream.destroyed || stream.headersSent) return
      stream.respond({ ':status': status, ...toHeaders(lines) })
      stream.end(body)
    }
  }
}
