import { constants, createServer, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2'
import type { Socket } from 'node:net'
import { setImmediate } from 'node:timers/promises'
import type { Field } from '../../browse/fields.ts'
import { toAppFields } from '../../browse/request-fields.ts'
import { toWaylayError, WaylayError } from '../../common/errors.ts'
import type { AppSession } from './app-session.ts'
import { isRepeatable } from './asked.ts'
import { whyRefused } from './guard.ts'
import { toFields, toHeaders } from './http2-headers.ts'
import { Http2Turn } from './http2-turn.ts'
import { pathOf, type Site } from './site.ts'

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
    const startedMs = performance.now()
    const facts = { method: headers[':method'] ?? '-', path: pathOf(headers[':path'] ?? '-') }
    const turn = new Http2Turn(stream, (status, divertedTo, failure) => {
      const durationMs = performance.now() - startedMs
      this.#site.onTurn({ ...facts, status, durationMs, divertedTo, ...(failure !== undefined && { failure }) })
    })
    try {
      const isWhole = (flags & constants.NGHTTP2_FLAG_END_STREAM) !== 0
      const asked = this.#read(headers)
      for (let tries = 1; !stream.closed; tries++) {
        const session = await this.#session.get()
        if (stream.closed) return
        const app = session.request(asked.sent, { endStream: isWhole, waitForTrailers: !isWhole })
        const tried = await turn.try(app, asked.mapping)
        if (tried === 'over') return
        const mayRepeat = isWhole && tries < MAX_TRIES && (tried === 'refused' || isRepeatable(facts.method))
        if (!mayRepeat) return giveUp(turn, tried, String(headers.accept ?? ''))
        // Whoever refused may be saying that they end the connection.
        await setImmediate()
      }
    } catch (error) {
      turn.fail(toWaylayError(error), String(headers.accept ?? ''))
    }
  }

  /** The head that the app gets. @throws {WaylayError} why it gets none. */
  #read (headers: IncomingHttpHeaders) {
    const host = headers[':authority'] ?? headers.host
    const fields: readonly Field[] = [...host === undefined ? [] : [['host', host] as const], ...toFields(headers)]
    const method = headers[':method'] ?? '-'
    const refusal = whyRefused(method, fields, this.#site.address)
    if (refusal !== undefined) throw refusal
    const mapping = this.#site.mappingFor(host)
    const sent = {
      ':method': method,
      ':path': headers[':path'] ?? '/',
      ':scheme': mapping.app.origin.split(':', 1)[0] ?? 'http',
      ':authority': mapping.app.host,
      ...toHeaders(toAppFields(fields.filter(([name]) => name !== 'host'), mapping, this.#site.routing))
    }
    return { mapping, sent }
  }
}

/** One on a connection that was open, one on a new one. */
const MAX_TRIES = 2

function giveUp (turn: Http2Turn, tried: 'refused' | 'lost', accept: string): void {
  if (tried === 'refused') turn.refuse()
  else turn.fail(new WaylayError('WAYLAY_PREVIEW_BAD_RESPONSE', 'The connection to the app broke before it answered'), accept)
}
