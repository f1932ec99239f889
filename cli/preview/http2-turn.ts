import {
  constants, type ClientHttp2Stream, type IncomingHttpHeaders, type IncomingHttpStatusHeader, type ServerHttp2Stream
} from 'node:http2'
import { toPreviewFields } from '../../browse/response-fields.ts'
import type { Mapping } from '../../browse/url-map.ts'
import { DIVERTED_TO_HEADER, ERROR_HEADER } from '../../common/contract.ts'
import { toFields, toHeaders } from './http2-headers.ts'
import { proxyFailure } from './proxy-failure.ts'
import { Trailers } from './trailers.ts'

type Answered = (status: number | undefined, divertedTo: string | undefined, failure?: string) => void

/** One request and its answer, over HTTP/2: bodies, trailers and resets both ways. */
export class Http2Turn {
  readonly #caller: ServerHttp2Stream
  readonly #app: ClientHttp2Stream
  readonly #trailers: Trailers
  readonly #mapping: Mapping
  readonly #onOver: Answered
  #status: number | undefined
  #divertedTo: string | undefined
  #failure: string | undefined

  constructor (
    caller: { readonly stream: ServerHttp2Stream, readonly trailers: Trailers }, app: ClientHttp2Stream,
    mapping: Mapping, onOver: Answered
  ) {
    this.#caller = caller.stream
    this.#trailers = caller.trailers
    this.#app = app
    this.#mapping = mapping
    this.#onOver = onOver
  }

  start (): void {
    const caller = this.#caller
    const app = this.#app
    this.#trailers.sendOn(app)
    new Trailers(app).sendOn(caller)
    app.on('headers', headers => {
      if (!caller.destroyed && !caller.headersSent) caller.additionalHeaders(this.#toCaller(headers))
    })
    app.on('response', (headers, flags) => { this.#answer(headers, flags) })
    app.on('error', () => {})
    app.on('close', () => {
      if (!app.readableEnded && !caller.closed) caller.close(app.rstCode || constants.NGHTTP2_INTERNAL_ERROR)
    })
    caller.on('close', () => {
      const isDone = app.closed || (app.readableEnded && app.writableFinished)
      if (!isDone) app.close(caller.rstCode || constants.NGHTTP2_CANCEL)
      this.#onOver(this.#status, this.#divertedTo, this.#failure)
    })
    caller.pipe(app)
  }

  #answer (headers: IncomingHttpHeaders & IncomingHttpStatusHeader, flags: number): void {
    const caller = this.#caller
    this.#status = headers[':status']
    this.#divertedTo = headers[DIVERTED_TO_HEADER]?.toString()
    this.#failure = proxyFailure(headers[ERROR_HEADER]?.toString(), this.#divertedTo)
    if (caller.destroyed) return
    const isWhole = (flags & constants.NGHTTP2_FLAG_END_STREAM) !== 0
    caller.respond(this.#toCaller(headers), isWhole ? { endStream: true } : { waitForTrailers: true })
    if (isWhole) this.#app.resume()
    else this.#app.pipe(caller)
  }

  #toCaller (headers: IncomingHttpHeaders & IncomingHttpStatusHeader) {
    return { ':status': headers[':status'], ...toHeaders(toPreviewFields(toFields(headers), this.#mapping)) }
  }
}
