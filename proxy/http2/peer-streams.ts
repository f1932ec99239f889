import { beginsWithResize, prependTableOff } from '../../http2/hpack-encoder.ts'
import { headersFrames } from '../../http2/write-frames.ts'
import type { DivertedStream } from './diverted-stream.ts'

/** The streams of one developer's connection, and those that wait because the program takes no more at once. */
export class PeerStreams {
  readonly #streams = new Map<number, DivertedStream>()
  /** In order of their ids, which must not go back. */
  readonly #waiting = new Map<number, Buffer>()
  readonly #write: (frames: Buffer) => void
  #limit = Infinity
  #blockWritten = false

  constructor (write: (frames: Buffer) => void) {
    this.#write = write
  }

  get isEmpty (): boolean {
    return this.#streams.size === 0
  }

  all (): readonly DivertedStream[] {
    return [...this.#streams.values()]
  }

  get (streamId: number): DivertedStream | undefined {
    return this.#streams.get(streamId)
  }

  /** Whether the program knows it. */
  isOpen (streamId: number): boolean {
    return this.#streams.has(streamId) && !this.#waiting.has(streamId)
  }

  /** @param windowBytes what the program takes on a new stream. */
  add (stream: DivertedStream, bytes: Buffer, from: number, to: number, ends: boolean, windowBytes: number): void {
    this.#streams.set(stream.id, stream)
    const frames = this.#writeBlock(stream.id, bytes, from, to, ends)
    // Its upload is over before the program may hear of it.
    if (ends) stream.upload.endWithHead()
    if (this.#waiting.size > 0 || this.#streams.size > this.#limit) {
      this.#waiting.set(stream.id, frames)
      return
    }
    this.#write(frames)
    stream.upload.open(windowBytes)
  }

  remove (streamId: number, windowBytes: number): void {
    this.#streams.delete(streamId)
    this.#waiting.delete(streamId)
    this.#openWaiting(windowBytes)
  }

  /** @param limit of the program's last SETTINGS; undefined: it said nothing. */
  setLimit (limit: number | undefined, windowBytes: number): void {
    if (limit !== undefined) this.#limit = limit
    this.#openWaiting(windowBytes)
  }

  /** The window of every stream changes (RFC 9113, 6.9.2). */
  grantAll (bytes: number): void {
    for (const stream of this.#streams.values()) {
      if (!this.#waiting.has(stream.id)) stream.upload.grant(bytes)
    }
  }

  #openWaiting (windowBytes: number): void {
    for (const [streamId, frames] of this.#waiting) {
      if (this.#streams.size - this.#waiting.size >= this.#limit) return
      this.#waiting.delete(streamId)
      this.#write(frames)
      this.#streams.get(streamId)?.upload.open(windowBytes)
    }
  }

  // The first block says that there is no table; with none a program has nothing to wait for when it makes its smaller.
  #writeBlock (streamId: number, bytes: Buffer, from: number, to: number, ends: boolean): Buffer {
    if (this.#blockWritten || beginsWithResize(bytes, from, to)) {
      this.#blockWritten = true
      return headersFrames(streamId, bytes, from, to, ends)
    }
    this.#blockWritten = true
    const block = prependTableOff(bytes, from, to)
    return headersFrames(streamId, block, 0, block.length, ends)
  }
}
