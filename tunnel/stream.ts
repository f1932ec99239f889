import { Duplex } from 'node:stream'
import type { Channel } from './channel.ts'
import { ReceiveQueue } from './receive-queue.ts'

const HIGH_WATER_MARK_BYTES = 64 * 1024

type Done = (error?: Error | null) => void

/**
 * One logical connection inside a session, as a Node Duplex.
 *
 * `end()` sends FIN and leaves the other direction open; `destroy()` before both ended sends RST. A write's callback
 * comes once its bytes were copied for the carrier, which the peer's window bounds. Bytes are credited to the peer once
 * the reader took them. A stream that ends early has a `StreamError` as its error; the session goes on. An `error`
 * nobody listens for ends nothing (the `close` event still comes), because one stream must not end the process.
 */
export class YamuxStream extends Duplex {
  /** The stream's id on the wire. */
  readonly id: number
  readonly #channel: Channel
  readonly #queue = new ReceiveQueue()
  #endReceived = false
  /** Bytes taken over from the channel and not yet reported as consumed. */
  #unreportedBytes = 0

  constructor (channel: Channel) {
    super({ allowHalfOpen: true, highWaterMark: HIGH_WATER_MARK_BYTES })
    this.id = channel.id
    this.#channel = channel
    channel.attach({
      onData: bytes => { this.#receive(bytes) },
      onEnd: () => { this.#receiveEnd() },
      onReset: error => { this.destroy(error) },
      onFirstTurn: () => { this.uncork() }
    })
    // Until its first turn: a head and a request that are written one after the other become one frame.
    this.cork()
    this.on('error', ignore)
  }

  override _read (): void {
    // Node asks again only after a push, so one block goes out even when this read has yet to empty Node's buffer.
    const first = this.#queue.shift()
    if (first !== undefined) this.push(first)
    this.#drainQueue()
  }

  /** Every way to take bytes but a direct `data` event comes through here: the one place to see them leave. */
  override read (size?: number): Buffer | null {
    const bytes = super.read(size) as Buffer | null
    this.#reportConsumed()
    return bytes
  }

  override _write (chunk: Buffer, _encoding: BufferEncoding, done: Done): void {
    this.#channel.write([chunk], done)
  }

  override _writev (items: ReadonlyArray<{ chunk: Buffer }>, done: Done): void {
    this.#channel.write(items.map(item => item.chunk), done)
  }

  override _final (done: Done): void {
    this.#channel.end(done)
  }

  override _destroy (error: Error | null, done: Done): void {
    this.#queue.clear()
    this.#channel.giveUp()
    done(error)
  }

  #receive (bytes: Buffer): void {
    this.#unreportedBytes += bytes.length
    if (this.readableFlowing === true && this.readableLength === 0 && this.#queue.byteLength === 0) this.push(bytes)
    else {
      this.#queue.append(bytes)
      this.#drainQueue()
    }
    this.#reportConsumed()
  }

  #receiveEnd (): void {
    this.#endReceived = true
    this.#drainQueue()
  }

  /** Bytes are left here only when the last push filled Node's own buffer, so Node will ask for them by `_read`. */
  #drainQueue (): void {
    while (this.readableLength < HIGH_WATER_MARK_BYTES) {
      const bytes = this.#queue.shift()
      if (bytes === undefined) break
      this.push(bytes)
    }
    if (this.#endReceived && this.#queue.byteLength === 0 && !this.readableEnded) this.#pushEnd()
  }

  #pushEnd (): void {
    this.#endReceived = false
    this.push(null)
  }

  #reportConsumed (): void {
    const held = this.readableLength + this.#queue.byteLength
    const consumed = this.#unreportedBytes - held
    if (consumed <= 0) return
    this.#unreportedBytes = held
    this.#channel.consumed(consumed)
  }
}

function ignore (): void {}
