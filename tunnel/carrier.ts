import type { Duplex } from 'node:stream'
import { CarrierDecoder } from './carrier-decode.ts'
import {
  CARRIER_HEADER_BYTES, CARRIER_TYPE, encodeAck, encodeCarrierFrame, encodeCarrierHeader, encodeOpen, type OpenFrame
} from './carrier-frame.ts'
import { after, type Clock } from './clock.ts'
import { DEAD_AFTER_MS } from './constants.ts'
import type { Batch } from './encode.ts'
import { Liveness } from './liveness.ts'

/** Who hears what a carrier brings. One at a time. */
export type CarrierListener = {
  readonly onOpen: (open: OpenFrame) => void
  readonly onData: (bytes: Buffer) => void
  readonly onAck: (bytesReceived: number) => void
  readonly onPong: () => void
  /** Takes bytes again. */
  readonly onDrain: () => void
  /** The peer's frames make no sense, or what they set off here threw. */
  readonly onFailure: (error: unknown) => void
  /** Ended, closed, failed or fell silent. Once; not after `end` or `destroy`. */
  readonly onLost: (reason: string, cause?: unknown) => void
}

const ignore = (): void => {}

/** Until somebody listens. */
export const HEARS_NOTHING: CarrierListener = {
  onOpen: ignore, onData: ignore, onAck: ignore, onPong: ignore, onDrain: ignore, onFailure: ignore, onLost: ignore
}

/** Frames and liveness on one Duplex. Never pauses it: yamux windows and acks bound what may arrive. */
export class Carrier {
  /** Nothing is left of it, whatever came before. */
  readonly closed: Promise<void>
  readonly #duplex: Duplex
  readonly #clock: Clock
  readonly #closing = Promise.withResolvers<void>()
  readonly #decoder: CarrierDecoder
  readonly #liveness: Liveness
  readonly #openedAt: number
  #listener: CarrierListener
  #isOver = false
  #waitingPong: Buffer | undefined
  #waitingAck: number | undefined
  #stopLinger: (() => void) | undefined

  constructor (duplex: Duplex, listener: CarrierListener, clock: Clock) {
    this.closed = this.#closing.promise
    this.#duplex = duplex
    this.#clock = clock
    this.#listener = listener
    this.#openedAt = clock.now()
    this.#liveness = new Liveness({
      clock,
      sendPing: payload => { this.#write(encodeCarrierFrame(CARRIER_TYPE.ping, payload)) },
      onDead: reason => { this.#lose(reason) }
    })
    this.#decoder = new CarrierDecoder({
      onOpen: open => { if (!this.#isOver) this.#listener.onOpen(open) },
      onData: bytes => { if (!this.#isOver) this.#listener.onData(bytes) },
      onAck: count => { if (!this.#isOver) this.#listener.onAck(count) },
      onPing: payload => { this.#answerPing(payload) },
      onPong: payload => { this.#receivePong(payload) }
    })
    duplex.on('data', (chunk: Buffer) => { this.#receive(chunk) })
    duplex.on('drain', () => { this.#drained() })
    duplex.on('end', () => { this.#lose('closed by the other side') })
    duplex.on('error', error => { this.#lose(error.message, error) })
    duplex.on('close', () => { this.#closed() })
    // Dialled and gone before anybody could listen.
    if (duplex.destroyed) queueMicrotask(() => { this.#closed() })
  }

  /** False: keep what you have until `onDrain`. */
  get isWritable (): boolean {
    return !this.#isOver && !this.#duplex.writableNeedDrain && this.#duplex.writable
  }

  get roundTripMs (): number | undefined {
    return this.#liveness.roundTripMs
  }

  /** Since the last byte received. */
  get silentMs (): number {
    return this.#liveness.silentMs
  }

  get ageMs (): number {
    return this.#clock.now() - this.#openedAt
  }

  /** From the next frame on. */
  listen (listener: CarrierListener): void {
    this.#listener = listener
  }

  sendOpen (open: OpenFrame): void {
    this.#write(encodeOpen(open))
  }

  /** While the carrier takes nothing only the last count is kept: it says all that the earlier ones said. */
  sendAck (bytesReceived: number): void {
    if (this.isWritable) this.#write(encodeAck(bytesReceived))
    else this.#waitingAck = bytesReceived
  }

  ping (): void {
    this.#liveness.ping()
  }

  /** A batch whose headroom is one carrier header: goes out as one frame, in one write where the Duplex has writev. */
  sendData (batch: Batch): void {
    const first = batch.parts[0]
    if (first === undefined) return
    encodeCarrierHeader(first, CARRIER_TYPE.data, batch.byteLength)
    if (batch.parts.length === 1) return this.#write(first)
    this.#duplex.cork()
    for (const part of batch.parts) this.#write(part)
    this.#duplex.uncork()
  }

  /** Bytes that were sent once, on another carrier. */
  sendAgain (pieces: readonly Buffer[]): void {
    const header = Buffer.allocUnsafe(CARRIER_HEADER_BYTES)
    encodeCarrierHeader(header, CARRIER_TYPE.data, pieces.reduce((sum, piece) => sum + piece.length, 0))
    this.#duplex.cork()
    this.#write(header)
    for (const piece of pieces) this.#write(piece)
    this.#duplex.uncork()
  }

  /** The liveness limit for a carrier that is open but not yet ready no longer counts. */
  ready (): void {
    this.#liveness.ready()
  }

  /**
   * Ends with FIN after everything sent, then reads and drops until the peer ends too (at most 10 s): closing a socket
   * with unread bytes would send a reset, and an API server that sees one takes the whole port-forward down.
   */
  end (): void {
    if (this.#isOver) return
    this.#finish()
    if (this.#duplex.destroyed) return
    this.#duplex.end()
    this.#duplex.resume()
    this.#stopLinger = after(this.#clock, DEAD_AFTER_MS, () => { this.#duplex.destroy() })
  }

  destroy (): void {
    this.#finish()
    this.#duplex.destroy()
  }

  #finish (): void {
    this.#isOver = true
    this.#liveness.stop()
  }

  #receive (chunk: Buffer): void {
    if (this.#isOver) return
    this.#liveness.received()
    try {
      this.#decoder.push(chunk)
    } catch (error) {
      this.#listener.onFailure(error)
    }
  }

  #receivePong (payload: Buffer): void {
    this.#liveness.receivedPong(payload)
    if (!this.#isOver) this.#listener.onPong()
  }

  /** While the carrier takes nothing only the last ping is kept: a flood of pings must not fill memory with answers. */
  #answerPing (payload: Buffer): void {
    if (this.isWritable) this.#write(encodeCarrierFrame(CARRIER_TYPE.pong, payload))
    else this.#waitingPong = payload
  }

  #drained (): void {
    const pong = this.#waitingPong
    const ack = this.#waitingAck
    this.#waitingPong = undefined
    this.#waitingAck = undefined
    if (pong !== undefined) this.#write(encodeCarrierFrame(CARRIER_TYPE.pong, pong))
    if (ack !== undefined) this.#write(encodeAck(ack))
    if (!this.#isOver) this.#listener.onDrain()
  }

  #write (bytes: Buffer): void {
    if (!this.#isOver && this.#duplex.writable) this.#duplex.write(bytes)
  }

  #lose (reason: string, cause?: unknown): void {
    if (this.#isOver) return
    this.#listener.onLost(reason, cause)
  }

  #closed (): void {
    this.#lose('closed')
    this.#stopLinger?.()
    this.#finish()
    this.#closing.resolve()
  }
}
