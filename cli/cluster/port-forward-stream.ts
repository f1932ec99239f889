import { Duplex } from 'node:stream'
import type WebSocket from 'ws'
import type { RawData } from 'ws'
import type { WaylayError } from '../../common/errors.ts'
import { Pulse } from './pulse.ts'

const DATA_CHANNEL = 0
const ERROR_CHANNEL = 1
const MAX_MESSAGE_BYTES = 256 * 1024
const MAX_PAYLOAD_BYTES = MAX_MESSAGE_BYTES - 1

/** One port of a `v4.channel.k8s.io` WebSocket as a byte stream. */
export class PortForwardStream extends Duplex {
  readonly #socket: WebSocket
  readonly #toFailure: (reason: string) => WaylayError
  readonly #pulse: Pulse
  /** Channels whose first message, the port number, has passed. */
  readonly #begun = new Set<number>()
  /** What goes out, behind its channel; used again, because a write is done when the kernel has it. */
  #message = Buffer.alloc(0)

  constructor (socket: WebSocket, toFailure: (reason: string) => WaylayError, pulseMs?: number) {
    super({ readableHighWaterMark: MAX_MESSAGE_BYTES, writableHighWaterMark: MAX_MESSAGE_BYTES })
    this.#socket = socket
    this.#toFailure = toFailure
    this.#pulse = new Pulse(socket, () => { this.destroy(toFailure('the connection answers no more')) }, pulseMs)
    socket.on('message', (data: RawData) => { this.#receive(data as Buffer) })
    socket.on('error', error => { this.destroy(error) })
    socket.on('close', code => {
      if (code === 1000) this.push(null)
      else this.destroy(this.#toFailure(`the connection broke (WebSocket ${code})`))
    })
  }

  #receive (message: Buffer): void {
    const channel = message[0] ?? DATA_CHANNEL
    if (!this.#begun.has(channel)) {
      this.#begun.add(channel)
      return
    }
    if (channel === ERROR_CHANNEL) {
      const reason = message.toString('utf8', 1).trim()
      if (reason !== '') this.destroy(this.#toFailure(reason))
      return
    }
    if (message.length > 1 && !this.push(message.subarray(1))) this.#socket.pause()
  }

  override _read (): void {
    this.#socket.resume()
  }

  override _write (chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#send([chunk], done)
  }

  override _writev (chunks: { readonly chunk: Buffer }[], done: (error?: Error | null) => void): void {
    this.#send(chunks.map(({ chunk }) => chunk), done)
  }

  /** Packs what waits into as few messages as the limit allows: small messages halve the throughput. */
  #send (chunks: readonly Buffer[], done: (error?: Error | null) => void, index = 0, offset = 0): void {
    let length = 1
    let at = index
    let from = offset
    const wantedBytes = Math.min(MAX_MESSAGE_BYTES, chunks.reduce((sum, chunk) => sum + chunk.length, 1))
    if (this.#message.length < wantedBytes) this.#message = Buffer.allocUnsafeSlow(growTo(wantedBytes))
    this.#message[0] = DATA_CHANNEL
    for (let chunk = chunks[at]; chunk !== undefined && length <= MAX_PAYLOAD_BYTES; chunk = chunks[at]) {
      const copied = chunk.copy(this.#message, length, from, from + MAX_MESSAGE_BYTES - length)
      length += copied
      from += copied
      if (from < chunk.length) break
      at++
      from = 0
    }
    if (length === 1) return done()
    this.#pulse.onWritten(length)
    this.#socket.send(this.#message.subarray(0, length), { binary: true }, error => {
      if (error || at >= chunks.length) done(error)
      else this.#send(chunks, done, at, from)
    })
  }

  override _final (done: () => void): void {
    this.#socket.close(1000)
    done()
  }

  override _destroy (error: Error | null, done: (error: Error | null) => void): void {
    this.#pulse.stop()
    this.#socket.terminate()
    done(error)
  }
}

/** Powers of two, so that it grows a few times only; most sessions never send large messages. */
function growTo (bytes: number): number {
  return Math.min(MAX_MESSAGE_BYTES, Math.max(4096, 2 ** Math.ceil(Math.log2(bytes))))
}
