import {
  CONTINUATION, DATA, END_STREAM, FRAME_HEAD_BYTES, HEADERS, read31, read32, RST_STREAM
} from '../../../http2/frame.ts'
import { DROP, FrameReader, STOP, TAKE, WHOLE, type FrameSink, type Verdict } from '../../../http2/frame-reader.ts'
import { HeaderBlock, MAX_BLOCK_BYTES } from '../../../http2/header-block.ts'
import { HeaderList } from '../../../http2/header-list.ts'
import { HpackDecoder } from '../../../http2/hpack-decoder.ts'

/** Hears what one direction of a connection says of its streams. */
export type Http2Listener = {
  readonly onFields: (streamId: number, fields: HeaderList, ends: boolean) => void
  readonly onData: (streamId: number, bytes: Buffer, from: number, to: number) => void
  readonly onEnd: (streamId: number) => void
  readonly onReset: (streamId: number, code: number) => void
  /** Nothing can be read any more. */
  readonly onMalformed: () => void
}

/** One direction of an HTTP/2 connection that somebody else speaks. */
export class Http2Side implements FrameSink {
  readonly #listener: Http2Listener
  readonly #reader = new FrameReader(this)
  readonly #block = new HeaderBlock()
  readonly #decoder = new HpackDecoder()
  readonly #fields = new HeaderList()
  /** Of the DATA frame that is being read. */
  #streamId = 0
  #ends = false

  constructor (listener: Http2Listener) {
    this.#listener = listener
  }

  push (bytes: Buffer, from: number, to: number): void {
    this.#reader.push(bytes, from, to)
  }

  onHead (type: number, flags: number, streamId: number, length: number): Verdict {
    if (this.#block.isOpen && type !== CONTINUATION) return this.#stop()
    if (type === DATA) {
      this.#streamId = streamId
      this.#ends = (flags & END_STREAM) !== 0
      return TAKE
    }
    if (type !== HEADERS && type !== CONTINUATION && type !== RST_STREAM) return DROP
    // All of it has to be kept until it is there.
    return length > MAX_BLOCK_BYTES ? this.#stop() : WHOLE
  }

  onFrame (bytes: Buffer, at: number, end: number): Verdict {
    if (bytes[at + 3] === RST_STREAM) {
      if (end - at === FRAME_HEAD_BYTES + 4) {
        this.#listener.onReset(read31(bytes, at + 5), read32(bytes, at + FRAME_HEAD_BYTES))
      }
      return DROP
    }
    const step = this.#block.push(bytes, at, end)
    if (step === 'more') return DROP
    const { from, to, streamId, flags } = this.#block
    if (step !== 'complete') return this.#stop()
    if (this.#decoder.decode(this.#block.bytes, from, to, this.#fields) === 'malformed') return this.#stop()
    this.#listener.onFields(streamId, this.#fields, (flags & END_STREAM) !== 0)
    return DROP
  }

  onData (bytes: Buffer, from: number, to: number, isLast: boolean): void {
    this.#listener.onData(this.#streamId, bytes, from, to)
    if (isLast && this.#ends) this.#listener.onEnd(this.#streamId)
  }

  onPass (): void {}

  #stop (): Verdict {
    this.#listener.onMalformed()
    return STOP
  }
}
