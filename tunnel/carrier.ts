import type { Duplex } from 'node:stream'
import { CarrierDecoder } from './carrier-decode.ts'
import {
  CARRIER_TYPE, encodeAck, encodeCarrierFrame, encodeCarrierHeader, encodeOpen, type OpenFrame
} from './carrier-frame.ts'
import type { Clock } from './clock.ts'
import { DEAD_AFTER_MS } from './constants.ts'
import type { Batch } from './encode.ts'
import { Liveness } from './liveness.ts'

export type CarrierDeps = {
  readonly clock: Clock
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
  /** Nothing is left of it. Once, whatever came before. */
  readonly onClosed: () => void
}

/** Frames and liveness on one Duplex. Never pauses it: yamux windows and acks bound what may arrive. */
export class Carrier {
  readonly #duplex: Duplex
  readonly #deps: CarrierDeps
  readonly #decoder: CarrierDecoder
  readonly #liveness: Liveness
  #isOver = false
  #waitingPong: Buffer | undefined
  #stopLinger: (() => void) | undefined

  constructor (duplex: Duplex, deps: CarrierDeps) {
    this.#duplex = duplex
    this.#deps = deps
    this.#liveness = new Liveness({
      clock: deps.clock,
      sendPing: payload => { this.#write(encodeCarrierFrame(CARRIER_TYPE.ping, payload)) },
      onDead: reason => { this.#lose(reason) }
    })
    this.#decoder = new CarrierDecoder({
      onOpen: deps.onOpen,
      onData: deps.onData,
      onAck: deps.onAck,
      onPing: payload => { this.#answerPing(payload) },
      onPong: payload => { this.#receivePong(payload) }
    })
    duplex.on('data', (chunk: Buffer) => { this.#receive(chunk) })
    duplex.on('drain', () => { this.#drained() })
    duplex.on('end', () => { this.#lose('closed by the other side') })
    duplex.on('error', error => { this.#lose(error.message, error) })
    duplex.on('close', () => { this.#closed() })
  }

  /** False: keep what you have until `onDrain`. */
  get isWritable (): boolean {
    return !this.#isOver && !this.#duplex.writableNeedDrain && this.#duplex.writable
  }

  get roundTripMs (): number | undefined {
    return this.#liveness.roundTripMs
  }

  sendOpen (open: OpenFrame): void {
    this.#write(encodeOpen(open))
  }

  sendAck (bytesReceived: number): void {
    this.#write(encodeAck(bytesReceived))
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
    this.#stopLinger = this.#deps.clock.every(DEAD_AFTER_MS, () => { this.#duplex.destroy() })
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
      this.#deps.onFailure(error)
    }
  }

  #receivePong (payload: Buffer): void {
    this.#liveness.receivedPong(payload)
    this.#deps.onPong()
  }

  /** While the carrier takes nothing only the last ping is kept: a flood of pings must not fill memory with answers. */
  #answerPing (payload: Buffer): void {
    if (this.isWritable) this.#write(encodeCarrierFrame(CARRIER_TYPE.pong, payload))
    else this.#waitingPong = payload
  }

  #drained (): void {
    const payload = this.#waitingPong
    this.#waitingPong = undefined
    if (payload !== undefined) this.#write(encodeCarrierFrame(CARRIER_TYPE.pong, payload))
    if (!this.#isOver) this.#deps.onDrain()
  }

  #write (bytes: Buffer): void {
    if (!this.#isOver && this.#duplex.writable) this.#duplex.write(bytes)
  }

  #lose (reason: string, cause?: unknown): void {
    if (this.#isOver) return
    this.#deps.onLost(reason, cause)
  }

  #closed (): void {
    this.#lose('closed')
    this.#stopLinger?.()
    this.#finish()
    this.#deps.onClosed()
  }
}
