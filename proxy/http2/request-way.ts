import {
  ACK, CONTINUATION, DATA, END_STREAM, FRAME_HEAD_BYTES, HEADERS, PRIORITY, read31, read32, RST_STREAM, SETTINGS,
  WINDOW_UPDATE
} from '../../http2/frame.ts'
import { DROP, FrameReader, PASS, STOP, TAKE, WHOLE, type FrameSink, type Verdict } from '../../http2/frame-reader.ts'
import { PREFACE } from '../../http2/preface.ts'
import { windowUpdate } from '../../http2/write-frames.ts'
import type { Wire } from '../wire.ts'
import type { DivertedStream } from './diverted-stream.ts'
import type { DivertedStreams } from './diverted-streams.ts'
import type { Http2Deps } from './http2-deps.ts'
import { RequestBlocks } from './request-blocks.ts'
import type { ResponseWay } from './response-way.ts'

/** A frame of the caller that must be seen whole is never this long. */
const MAX_SEEN_BYTES = 64 * 1024

export type RequestWayDeps = {
  readonly http2: Http2Deps
  readonly streams: DivertedStreams
  readonly response: ResponseWay
  readonly onViolation: (reason: string) => Verdict
  /** Whether the app will answer a stream that is opened now. */
  readonly appTakesStreams: () => boolean
}

/** All that the caller sends: to the app as it came, but for the frames of diverted streams. */
export class RequestWay implements FrameSink {
  readonly #app: Wire
  readonly #deps: RequestWayDeps
  readonly #reader = new FrameReader(this)
  readonly #blocks: RequestBlocks
  /** Bytes of the preface that have not come yet. */
  #prefaceLeft = PREFACE.length
  /** DATA of diverted streams, which the app will never let the caller send again. */
  #dueBytes = 0
  /** The DATA frame that is being read. */
  #taking: DivertedStream | undefined
  #takingEnds = false
  #isClosed = false

  constructor (app: Wire, deps: RequestWayDeps) {
    this.#app = app
    this.#deps = deps
    this.#blocks = new RequestBlocks({
      http2: deps.http2,
      streams: deps.streams,
      toApp: bytes => this.#toApp(bytes),
      violate: (reason, earlier) => this.#violate(reason, earlier),
      appTakesStreams: deps.appTakesStreams,
      appMaxListBytes: () => deps.response.appMaxListBytes
    })
  }

  /** Bytes of the caller. */
  push (bytes: Buffer, from: number, to: number): void {
    const preface = this.#prefaceLeft === 0 ? 0 : this.#passPreface(bytes, from, to)
    if (from + preface < to) this.#reader.push(bytes, from + preface, to)
    this.#allowMore()
  }

  /** From now on everything passes as it comes, beginning with what is kept. */
  stop (): void {
    if (this.#reader.isStopped) return
    for (const frame of this.#blocks.earlier) this.#app.write(frame)
    this.#reader.stop()
  }

  /** Nothing is passed any more. */
  close (): void {
    this.#isClosed = true
  }

  onHead (type: number, flags: number, streamId: number, length: number): Verdict {
    if (this.#blocks.isOpen && type !== CONTINUATION) return this.#violate('http2-malformed', this.#blocks.earlier)
    switch (type) {
      case DATA: return this.#deps.streams.isUsed ? this.#onDataHead(flags, streamId, length) : PASS
      case HEADERS:
      case CONTINUATION: return this.#whole(length)
      case SETTINGS:
        if ((flags & ACK) !== 0) return PASS
        return length % 6 === 0 ? this.#whole(length) : this.#violate('http2-malformed', [])
      case WINDOW_UPDATE: return streamId === 0 ? this.#number(length) : this.#ofStream(type, streamId, length)
      case PRIORITY:
      case RST_STREAM: return this.#ofStream(type, streamId, length)
      default: return PASS
    }
  }

  onFrame (bytes: Buffer, at: number, end: number): Verdict {
    const streamId = read31(bytes, at + 5)
    const payload = at + FRAME_HEAD_BYTES
    switch (bytes[at + 3] as number) {
      case SETTINGS: return this.#onSettings(bytes, at)
      case WINDOW_UPDATE: return streamId === 0
        ? this.#onConnectionWindow(read31(bytes, payload))
        : this.#onStreamWindow(streamId, read31(bytes, payload))
      case RST_STREAM:
        this.#deps.streams.get(streamId)?.onCallerReset(read32(bytes, payload))
        return DROP
      default: return this.#blocks.onFrame(bytes, at, end)
    }
  }

  onData (bytes: Buffer, from: number, to: number, isLast: boolean): void {
    this.#taking?.onUpload(bytes, from, to, isLast && this.#takingEnds)
  }

  onPass (bytes: Buffer, from: number, to: number): void {
    if (!this.#isClosed && !this.#app.destroyed) this.#app.writeCopy(bytes, from, to)
  }

  // Returns how many bytes of it there were.
  #passPreface (bytes: Buffer, from: number, to: number): number {
    const at = PREFACE.length - this.#prefaceLeft
    const length = Math.min(this.#prefaceLeft, to - from)
    if (bytes.compare(PREFACE, at, at + length, from, from + length) !== 0) {
      // The app began with what looks like SETTINGS, but its caller speaks something else.
      this.#deps.onViolation('not-http2')
      this.#prefaceLeft = 0
      this.stop()
      return 0
    }
    this.#prefaceLeft -= length
    this.#app.writeCopy(bytes, from, from + length)
    return length
  }

  #toApp (bytes: Buffer): void {
    this.#reader.flush()
    if (!this.#isClosed && !this.#app.destroyed) this.#app.write(bytes)
  }

  #onDataHead (flags: number, streamId: number, length: number): Verdict {
    const stream = this.#deps.streams.get(streamId)
    if (stream === undefined) {
      if (!this.#deps.streams.isClosed(streamId)) return PASS
      this.#dueBytes += length
      return DROP
    }
    this.#dueBytes += length
    this.#taking = stream
    this.#takingEnds = (flags & END_STREAM) !== 0
    stream.onUploadHead(length)
    return TAKE
  }

  // To the app a diverted stream is one that was never opened.
  #ofStream (type: number, streamId: number, length: number): Verdict {
    const { streams } = this.#deps
    if (!streams.isUsed) return PASS
    if (streams.get(streamId) !== undefined) return type === PRIORITY ? DROP : this.#number(length)
    if (streams.isClosed(streamId)) return DROP
    return type !== PRIORITY && streamId > streams.appIds.highest ? DROP : PASS
  }

  #onSettings (bytes: Buffer, at: number): Verdict {
    return this.#deps.response.callerSettings.onSettings(bytes, at) ? PASS : this.#violate('http2-malformed', [])
  }

  #onConnectionWindow (bytes: number): Verdict {
    const forApp = this.#deps.response.window.grant(bytes)
    if (forApp === bytes) return PASS
    if (forApp > 0) this.#toApp(windowUpdate(0, forApp))
    return DROP
  }

  #onStreamWindow (streamId: number, bytes: number): Verdict {
    this.#deps.streams.get(streamId)?.download.grant(bytes)
    return DROP
  }

  // At once, not when much is due: how much of the caller's window the app holds back nobody here knows.
  #allowMore (): void {
    if (this.#dueBytes === 0) return
    this.#deps.response.send(windowUpdate(0, this.#dueBytes))
    this.#dueBytes = 0
  }

  #whole (length: number): Verdict {
    return length <= MAX_SEEN_BYTES ? WHOLE : this.#violate('head-too-long', this.#blocks.earlier)
  }

  #number (length: number): Verdict {
    return length === 4 ? WHOLE : this.#violate('http2-malformed', [])
  }

  #violate (reason: string, earlier: readonly Buffer[]): Verdict {
    const verdict = this.#deps.onViolation(reason)
    if (verdict === STOP) for (const frame of earlier) this.#toApp(frame)
    return verdict
  }
}
