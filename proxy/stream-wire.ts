import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { lingerAndClose } from './close.ts'
import { NOBODY, type Wire, type WireListener } from './wire.ts'
import { reset } from '../tunnel/splice.ts'

/** Any stream as a wire: a TLS connection, or a stream of a developer's session. */
export class StreamWire implements Wire {
  readonly #stream: Duplex
  #listener: WireListener = NOBODY
  #ended = false

  /** @param stream one that nobody else listens to. It flows from the next turn of the event loop on. */
  constructor (stream: Duplex) {
    this.#stream = stream
    stream.on('data', (bytes: Buffer) => this.#listener.onBytes(bytes, 0, bytes.length))
    stream.on('end', () => {
      this.#ended = true
      this.#listener.onEnd()
    })
    stream.on('drain', () => this.#listener.onDrain())
    stream.on('error', () => this.#onGone(true))
    // Ended by the peer alone and then closed is a reset as well: what was written to it is lost.
    stream.on('close', () => this.#onGone(!this.#ended || !stream.writableFinished))
    // It may have been stopped by whoever had it before.
    stream.resume()
  }

  listen (listener: WireListener): void {
    this.#listener = listener
  }

  write (bytes: Buffer): boolean {
    return this.#stream.write(bytes)
  }

  writeCopy (bytes: Buffer, from: number, to: number): boolean {
    return this.#stream.write(Buffer.from(bytes.subarray(from, to)))
  }

  get needsDrain (): boolean {
    return this.#stream.writableNeedDrain
  }

  get ended (): boolean {
    return this.#ended
  }

  get destroyed (): boolean {
    return this.#stream.destroyed
  }

  setPaused (paused: boolean): void {
    if (paused) this.#stream.pause()
    else this.#stream.resume()
  }

  end (): void {
    this.#stream.end()
  }

  close (): void {
    this.#listener = NOBODY
    if (this.#stream instanceof Socket) {
      lingerAndClose(this.#stream)
      return
    }
    this.#stream.end()
    this.#stream.resume()
  }

  reset (): void {
    this.#listener = NOBODY
    reset(this.#stream)
  }

  #onGone (failed: boolean): void {
    const listener = this.#listener
    this.#listener = NOBODY
    listener.onGone(failed)
  }
}
