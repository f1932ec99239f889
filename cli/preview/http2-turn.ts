import {
  constants, type ClientHttp2Stream, type IncomingHttpHeaders, type IncomingHttpStatusHeader, type OutgoingHttpHeaders,
  type ServerHttp2Stream
} from 'node:http2'
import { toPreviewFields } from '../../browse/response-fields.ts'
import type { Mapping } from '../../browse/url-map.ts'
import { DIVERTED_TO_HEADER, ERROR_HEADER } from '../../common/contract.ts'
import type { WaylayError } from '../../common/errors.ts'
import { answerFailure } from './failure-answer.ts'
import { toFields, toHeaders } from './http2-headers.ts'
import { proxyFailure } from './proxy-failure.ts'
import { Trailers } from './trailers.ts'

type Answered = (status: number | undefined, divertedTo: string | undefined, failure?: string) => void

/**
 * How a try to have it answered ended. `refused`: nobody has got it; `lost`: the connection broke, and somebody may
 * have. In both cases the caller has heard nothing yet. `over`: nothing is left to do.
 */
export type Tried = 'over' | 'refused' | 'lost'

const LOOK_MS = 1000

/** One request and its answer, over HTTP/2: bodies, trailers and resets both ways. */
export class Http2Turn {
  readonly #caller: ServerHttp2Stream
  readonly #trailers: Trailers
  #app: ClientHttp2Stream | undefined
  #status: number | undefined
  #divertedTo: string | undefined
  #failure: string | undefined

  /** To be made with the caller's stream. @param onOver called once, when that is closed. */
  constructor (caller: ServerHttp2Stream, onOver: Answered) {
    this.#caller = caller
    this.#trailers = new Trailers(caller)
    caller.on('error', () => {})
    // A reset without an error, which is Node's usual one, leaves the stream open until its body has been read.
    caller.on('aborted', () => { this.#leave() })
    caller.on('finish', () => { if (!caller.readableEnded) this.#lookForReset() })
    caller.on('close', () => {
      this.#giveUp()
      onOver(this.#status, this.#divertedTo, this.#failure)
    })
  }

  /** Sends it to the app on a stream whose head is sent. Again only after `refused` or `lost`. */
  async try (app: ClientHttp2Stream, mapping: Mapping): Promise<Tried> {
    const caller = this.#caller
    const { session } = app
    const trailers = new Trailers(app)
    const tried = Promise.withResolvers<Tried>()
    this.#app = app
    this.#trailers.sendOn(app)
    app.on('headers', headers => {
      if (!caller.closed && !caller.headersSent) caller.additionalHeaders(toCaller(headers, mapping))
    })
    app.on('response', (headers, flags) => {
      trailers.sendOn(caller)
      this.#read(headers)
      this.#answer(app, toCaller(headers, mapping), flags)
    })
    app.on('error', () => {})
    app.on('close', () => {
      const isUnheard = this.#status === undefined && !caller.closed
      if (isUnheard && app.rstCode === constants.NGHTTP2_REFUSED_STREAM) return tried.resolve('refused')
      if (isUnheard && session?.destroyed !== false) return tried.resolve('lost')
      if (!app.readableEnded) this.#breakOff(app.rstCode || constants.NGHTTP2_INTERNAL_ERROR)
      // Whoever is still sending is let finish.
      caller.unpipe().resume()
      tried.resolve('over')
    })
    caller.pipe(app)
    return await tried.promise
  }

  /** Answers with the failure where nothing was answered yet. */
  fail (error: WaylayError, accept: string): void {
    const { status, fields, body } = answerFailure(error, accept)
    this.#failure = error.code
    if (this.#caller.closed || this.#caller.headersSent) return
    this.#status = status
    this.#caller.respond({ ':status': status, ...toHeaders(fields) })
    this.#caller.end(body)
    // Whoever is still sending is let finish.
    this.#caller.resume()
  }

  /** Nobody has got it, and whoever sent it may do so again (RFC 9113, 8.7). */
  refuse (): void {
    this.#caller.close(constants.NGHTTP2_REFUSED_STREAM)
  }

  #read (headers: IncomingHttpHeaders & IncomingHttpStatusHeader): void {
    this.#status = headers[':status']
    this.#divertedTo = headers[DIVERTED_TO_HEADER]?.toString()
    this.#failure = proxyFailure(headers[ERROR_HEADER]?.toString(), this.#divertedTo)
  }

  #answer (app: ClientHttp2Stream, headers: OutgoingHttpHeaders, flags: number): void {
    const caller = this.#caller
    if (caller.closed) return
    const isWhole = (flags & constants.NGHTTP2_FLAG_END_STREAM) !== 0
    caller.respond(headers, isWhole ? { endStream: true } : { waitForTrailers: true })
    if (isWhole) {
      app.resume()
      return
    }
    app.pipe(caller, { end: false })
    // It comes too where the app's connection ends in the middle.
    app.on('end', () => {
      if (app.rstCode === constants.NGHTTP2_NO_ERROR) caller.end()
      else this.#breakOff(constants.NGHTTP2_INTERNAL_ERROR)
    })
  }

  /** The app gives no answer, or not all of it. @param code why, as the caller is told. */
  #breakOff (code: number): void {
    if (this.#caller.closed) return
    this.#failure = 'WAYLAY_PREVIEW_BAD_RESPONSE'
    this.#caller.close(code)
  }

  /** Node tells of a reset behind a whole answer to whoever reads on; here that is an app, which may not. */
  #lookForReset (): void {
    const caller = this.#caller
    const timer = setInterval(() => { if (caller.closed) this.#leave() }, LOOK_MS)
    caller.once('close', () => { clearInterval(timer) })
  }

  /** The caller is gone. */
  #leave (): void {
    this.#giveUp()
    this.#caller.unpipe().resume()
  }

  /** Nobody waits for the app's answer any more. */
  #giveUp (): void {
    const app = this.#app
    const isDone = app === undefined || app.closed || (app.readableEnded && app.writableFinished)
    if (!isDone) app.close(this.#caller.rstCode || constants.NGHTTP2_CANCEL)
  }
}

function toCaller (headers: IncomingHttpHeaders & IncomingHttpStatusHeader, mapping: Mapping): OutgoingHttpHeaders {
  return { ':status': headers[':status'], ...toHeaders(toPreviewFields(toFields(headers), mapping)) }
}
