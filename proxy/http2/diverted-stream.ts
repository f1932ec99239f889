import { CANCEL, DEFAULT_WINDOW_BYTES, INTERNAL_ERROR, NO_ERROR } from '../../http2/frame.ts'
import type { HeaderList } from '../../http2/header-list.ts'
import { rstStream, windowUpdate } from '../../http2/write-frames.ts'
import type { AnswerCode } from '../own-answer.ts'
import type { Route } from '../routes.ts'
import { DataFlow, type Way } from './data-flow.ts'
import { statusOfFields, writeDivertedFields } from './diverted-response.ts'
import { writeOwnResponse } from './own-response.ts'
import type { ResponseWay } from './response-way.ts'

/** What we let a developer's program send on one stream before the caller has taken it. */
export const STREAM_WINDOW_BYTES = 1024 * 1024
/** What one stream may hold of a caller that was let send more, by the app's windows, than the developer takes. */
const MAX_HELD_BYTES = 4 * 1024 * 1024

/** What of a request is needed when its fields are no longer there. */
export type RequestFacts = {
  readonly method: string
  /** Without the query. */
  readonly path: string
  readonly contentType: string
  readonly requestId: string | undefined
  readonly varyBy: string | undefined
}

/** The developer's program, as one stream sees it. */
export type StreamPeer = Way & {
  readonly route: Route
  /** Bytes of the program were handed on, or are nobody's: it may send as many again. */
  grant (bytes: number): void
  resetStream (streamId: number, code: number): void
  forget (stream: DivertedStream): void
}

export type StreamHome = {
  readonly response: ResponseWay
  /** What the caller lets us send on a new stream: its INITIAL_WINDOW_SIZE. */
  readonly callerWindowBytes: () => number
  /** What the caller believes it may send on a new stream: the app's INITIAL_WINDOW_SIZE. */
  readonly appWindowBytes: () => number
  readonly onOver: (stream: DivertedStream) => void
}

/** One stream that a developer's program answers. */
export class DivertedStream {
  readonly id: number
  readonly upload: DataFlow
  readonly download: DataFlow
  readonly #route: Route
  readonly #peer: StreamPeer
  readonly #home: StreamHome
  readonly #facts: RequestFacts
  readonly #startedMs = performance.now()
  readonly #stopWaiting: (() => void) | undefined
  /** DATA of the caller, padding included, and what we let it send beyond its first window. */
  #receivedBytes = 0
  #grantedBytes = 0
  /** What the program may still send. */
  #programWindowBytes = STREAM_WINDOW_BYTES
  #programDueBytes = 0
  #status = 0
  #isResponseDone = false
  #isReported = false
  #isOver = false
  #resetAfter: number | undefined

  constructor (id: number, peer: StreamPeer, home: StreamHome, facts: RequestFacts) {
    this.id = id
    this.#peer = peer
    this.#route = peer.route
    this.#route.turns.begin()
    this.#stopWaiting = this.#route.presence.wait(() => {
      this.fail('WAYLAY_DEVELOPER_GONE', 'The way to the developer was lost and did not come back in time')
    })
    this.#home = home
    this.#facts = facts
    this.upload = new DataFlow(id, peer, 0, false, {
      onSent: () => this.grantUpload(), onDone: () => this.#endIfDone()
    })
    this.download = new DataFlow(id, home.response, home.callerWindowBytes(), true, {
      onSent: bytes => this.#grantProgram(bytes), onDone: () => this.#onResponseDone()
    })
  }

  get isOver (): boolean {
    return this.#isOver
  }

  /** A DATA frame of the caller begins. */
  onUploadHead (length: number): void {
    this.#receivedBytes += length
  }

  onUpload (bytes: Buffer, from: number, to: number, ends: boolean): void {
    if (this.#isOver) return
    this.upload.push(bytes, from, to, ends)
    if (this.upload.heldBytes > MAX_HELD_BYTES) this.fail('WAYLAY_DEVELOPER_GONE', 'The program does not read the request')
    else this.grantUpload()
  }

  /**
   * Lets the caller send what the program's side has taken, so that never more than one window lies here. A caller's
   * first window may be tiny, and the app, whose it was, will never enlarge it for this stream: it gets the default.
   */
  grantUpload (): void {
    if (this.#isOver || this.upload.ended) return
    const firstBytes = this.#home.appWindowBytes()
    const wantedBytes = Math.max(firstBytes, DEFAULT_WINDOW_BYTES)
    const leftBytes = firstBytes + this.#grantedBytes - this.#receivedBytes
    const missingBytes = wantedBytes - this.upload.heldBytes - leftBytes
    if (missingBytes * 2 < wantedBytes) return
    this.#grantedBytes += missingBytes
    this.#home.response.send(windowUpdate(this.id, missingBytes))
  }

  /** The caller takes no more of the response, and sends no more. */
  onCallerReset (code: number): void {
    if (this.#isOver) return
    this.#peer.resetStream(this.id, code)
    this.#end()
  }

  /** A header block of the program. Returns false when it is none that may stand here. */
  onResponse (fields: HeaderList, ends: boolean): boolean {
    if (this.#status >= 200) {
      if (!ends || fields.names[0]?.startsWith(':') === true) return false
      this.download.end(this.#keepTrailers(fields))
      return true
    }
    const status = statusOfFields(fields)
    if (status === undefined || (status < 200 && ends)) return false
    const { response } = this.#home
    this.#status = status
    const written = status < 200 ? fields : writeDivertedFields(fields, this.#route.intercept, this.#facts.varyBy)
    response.send(response.writeHeaders(this.id, written, ends))
    // END_STREAM went with it.
    if (ends) this.#onResponseDone()
    return true
  }

  /** A DATA frame of the program begins. Returns false when it is more than we allowed, or comes before its head. */
  onDownloadHead (length: number): boolean {
    this.#programWindowBytes -= length
    return this.#status >= 200 && this.#programWindowBytes >= 0
  }

  /** Bytes of padding, which go nowhere. */
  onDownloadPadding (bytes: number): void {
    this.#grantProgram(bytes)
  }

  onProgramReset (code: number): void {
    // "You need not send the rest": the response before it is whole (RFC 9113, 8.1).
    if (code === NO_ERROR && this.download.ended && !this.#isResponseDone) this.#resetAfter = code
    else this.reset(code)
  }

  /** The program or the way to it failed: an answer of ours where the caller has none yet. */
  fail (code: AnswerCode, message: string): void {
    if (this.#isOver) return
    // All of the response is here, though the caller may not have taken it yet.
    if (this.#isResponseDone) return this.reset(NO_ERROR)
    if (this.download.ended) {
      this.#resetAfter = NO_ERROR
      this.upload.stop()
      return
    }
    if (this.#status >= 200) return this.reset(INTERNAL_ERROR)
    const { status, fields, body } = writeOwnResponse(code, message, this.#facts)
    const { response } = this.#home
    this.#status = status
    this.upload.stop()
    this.#peer.resetStream(this.id, CANCEL)
    this.#resetAfter = NO_ERROR
    response.send(response.writeHeaders(this.id, fields, body === undefined))
    if (body === undefined) this.#onResponseDone()
    else this.download.push(body, 0, body.length, true)
  }

  reset (code: number): void {
    if (this.#isOver) return
    this.#home.response.send(rstStream(this.id, code))
    this.#end()
  }

  #keepTrailers (fields: HeaderList): () => Buffer {
    const kept = fields.copy()
    return () => this.#home.response.writeHeaders(this.id, kept, true)
  }

  // Half a window at once: an update for each piece would be as many frames again.
  #grantProgram (bytes: number): void {
    this.#peer.grant(bytes)
    this.#programDueBytes += bytes
    if (this.#isOver || this.download.ended || this.#programDueBytes * 2 < STREAM_WINDOW_BYTES) return
    this.#peer.send(windowUpdate(this.id, this.#programDueBytes))
    this.#programWindowBytes += this.#programDueBytes
    this.#programDueBytes = 0
  }

  #onResponseDone (): void {
    this.#isResponseDone = true
    this.#report()
    if (this.#resetAfter !== undefined && !this.upload.ended) this.reset(this.#resetAfter)
    else if (this.#resetAfter !== undefined) this.#end()
    else this.#endIfDone()
  }

  #endIfDone (): void {
    if (this.#isResponseDone && this.upload.ended && this.upload.heldBytes === 0) this.#end()
  }

  #end (): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#stopWaiting?.()
    this.#route.turns.end()
    // What it held of the connection's window would be missing to the program's other streams.
    this.#peer.grant(this.download.heldBytes)
    this.upload.stop()
    this.download.stop()
    this.#report()
    this.#peer.forget(this)
    this.#home.onOver(this)
  }

  #report (): void {
    if (this.#isReported) return
    this.#isReported = true
    const { method, path, requestId } = this.#facts
    const durationMs = Math.round((performance.now() - this.#startedMs) * 10) / 10
    this.#route.report({ event: 'request', method, path, status: this.#status, durationMs, ...(requestId !== undefined && { requestId }) })
  }
}
