import { randomBytes } from 'node:crypto'
import type { Duplex } from 'node:stream'
import { toWaylayError, WaylayError } from '../common/errors.ts'
import { CARRIER_HEADER_BYTES, type OpenFrame, type SessionKey } from './carrier-frame.ts'
import { Carrier } from './carrier.ts'
import type { Channel } from './channel.ts'
import { systemClock, type Clock } from './clock.ts'
import { CARRIER_DATA_BYTES, DEAD_AFTER_MS } from './constants.ts'
import { BatchWriter } from './encode.ts'
import { carrierLost, GO_AWAY, goAwayCodeFor, ProtocolViolation, toSessionError } from './errors.ts'
import { Muxer } from './muxer.ts'
import { YamuxStream } from './stream.ts'

/** What a session tells whoever owns it. */
export type SessionOwner = {
  /** A stream the peer opened. Attach listeners before returning: its first bytes follow at once. */
  readonly onStream: (stream: YamuxStream) => void
  /** The session is over, its streams destroyed. Exactly once; undefined after a normal end by either side. */
  readonly onClose: (error: WaylayError | undefined) => void
  /** `lost`: no carrier is there, streams wait. `resumed`: they go on, nothing of them was lost. In turns. */
  readonly onCarrier?: (state: CarrierState) => void
}

export type CarrierState = 'lost' | 'resumed'

export type SessionTuning = {
  /** Unread bytes we allow on each stream, at least 262144. */
  readonly windowBytes?: number
  /** Streams the peer may have open at once; one more is reset. Default 10,000. */
  readonly maxStreams?: number
  readonly clock?: Clock
}

export type SessionOptions = SessionOwner & SessionTuning & {
  readonly role: 'cli'
  /**
   * Dials the pod: any Duplex that keeps order and tells when it is full. Called for the first carrier at once, and
   * again for each next one. A failure of the first call ends the session with that error; later ones are tried again.
   */
  readonly openCarrier: () => Promise<Duplex>
  /** Age at which a carrier is replaced by the next one. Default 45 minutes. */
  readonly carrierMaxAgeMs?: number
}

export type Session = {
  /** CLI: the first pong came. Proxy: the peer's open came. Rejects with the session's error if that never happens. */
  readonly ready: Promise<void>
  /** 32 hexadecimal digits, made by the proxy; on the CLI's side empty until `ready`. */
  readonly id: string
  /** Open streams, both sides' together. */
  readonly streamCount: number
  /** Of the last ping of the carrier. */
  readonly roundTripMs: number | undefined
  /**
   * Opens a stream at once; nobody waits for an answer. What is written in the same tick goes out in one frame with it.
   *
   * @throws {WaylayError} `WAYLAY_TUNNEL_FAILED` the session is over, ends, or has no stream ids left
   */
  openStream (): YamuxStream
  /**
   * Sends what was written, says GoAway, and ends the carrier with FIN; streams that are still open are cut. Resolves
   * when nothing is left of the carrier, after 10 s at most.
   */
  close (): Promise<void>
  /** Ends everything now. */
  destroy (error?: WaylayError): void
}

/** Starts the CLI's side of a session. The proxy's side is a `SessionRegistry`. */
export function openSession (options: SessionOptions): Session {
  const session = new TunnelSession('cli', options)
  options.openCarrier().then(
    duplex => { session.begin(duplex) },
    (error: unknown) => { session.destroy(toWaylayError(error)) })
  return session
}

/** The proxy's side of a session. */
export function acceptSession (carrier: Duplex, options: SessionOwner & SessionTuning): Session {
  const session = new TunnelSession('proxy', options)
  session.begin(carrier)
  return session
}

class TunnelSession implements Session {
  readonly ready: Promise<void>
  readonly #role: 'cli' | 'proxy'
  readonly #options: SessionOwner & SessionTuning
  readonly #clock: Clock
  readonly #muxer: Muxer
  #carrier: Carrier | undefined
  readonly #writer = new BatchWriter()
  readonly #readiness = Promise.withResolvers<void>()
  readonly #carrierClosed = Promise.withResolvers<void>()
  #state: 'open' | 'closing' | 'closed' = 'open'
  #key: SessionKey | undefined
  #peerOpened = false
  #peerWentAway = false
  #flushScheduled = false
  #bytesReceived = 0

  constructor (role: 'cli' | 'proxy', options: SessionOwner & SessionTuning) {
    this.#role = role
    this.#options = options
    this.#clock = options.clock ?? systemClock
    this.ready = this.#readiness.promise
    // Whoever does not wait for `ready` learns the same from onClose.
    this.ready.catch(() => {})
    this.#muxer = new Muxer({
      role: this.#role === 'cli' ? 'client' : 'server',
      onChannel: channel => { this.#acceptStream(channel) },
      onPending: () => { this.#scheduleFlush() },
      onGoAway: code => { this.#receiveGoAway(code) },
      ...(options.windowBytes !== undefined && { windowBytes: options.windowBytes }),
      ...(options.maxStreams !== undefined && { maxStreams: options.maxStreams })
    })
  }

  begin (duplex: Duplex): void {
    if (this.#state === 'closed') return void duplex.destroy()
    this.#carrier = new Carrier(duplex, {
      clock: this.#clock,
      onOpen: open => { this.#receiveOpen(open) },
      onData: bytes => { this.#receiveData(bytes) },
      onAck: () => {},
      onPong: () => { this.#receivePong() },
      onDrain: () => { this.#flush() },
      onFailure: error => { this.#fail(error) },
      onLost: (reason, cause) => { this.#lose(reason, cause) },
      onClosed: () => { this.#carrierClosed.resolve() }
    })
    if (this.#role === 'proxy') return
    this.#carrier.sendOpen({ session: undefined, bytesReceived: 0 })
    this.#carrier.ping()
    this.#scheduleFlush()
  }

  get id (): string {
    return this.#key?.id ?? ''
  }

  get streamCount (): number {
    return this.#muxer.streamCount
  }

  get roundTripMs (): number | undefined {
    return this.#carrier?.roundTripMs
  }

  openStream (): YamuxStream {
    if (this.#state !== 'open') throw new WaylayError('WAYLAY_TUNNEL_FAILED', 'The session is closed')
    if (this.#peerWentAway) throw new WaylayError('WAYLAY_TUNNEL_FAILED', 'The other side is ending the session')
    if (this.#muxer.areIdsExhausted) {
      // The peer learns it too, so that both sides' owners open the next session; streams that are open go on.
      this.#muxer.goAway(GO_AWAY.normal)
      throw new WaylayError('WAYLAY_TUNNEL_FAILED', 'All stream ids of this session are used')
    }
    return new YamuxStream(this.#muxer.open())
  }

  async close (): Promise<void> {
    if (this.#state === 'open') {
      this.#state = 'closing'
      this.#muxer.goAway(GO_AWAY.normal)
    }
    // A peer that sends but never reads would keep us here for ever.
    const giveUp = this.#clock.every(DEAD_AFTER_MS, () => { this.destroy() })
    if (this.#carrier !== undefined) await this.#carrierClosed.promise
    else this.destroy()
    giveUp()
  }

  destroy (error?: WaylayError): void {
    this.#end(error)
    this.#carrier?.destroy()
  }

  /** A session that ended in the middle of a chunk still gets the rest of it. */
  #acceptStream (channel: Channel): void {
    if (this.#state === 'closed') channel.reset()
    else this.#options.onStream(new YamuxStream(channel))
  }

  #receiveOpen (open: OpenFrame): void {
    if (this.#peerOpened) throw new ProtocolViolation('Second open frame')
    this.#peerOpened = true
    if (this.#role === 'cli') {
      if (open.session === undefined) throw new ProtocolViolation('The pod\'s side does not know the session')
      this.#key = open.session
      return
    }
    if (open.session !== undefined) {
      this.#carrier?.sendOpen({ session: undefined, bytesReceived: 0 })
      throw new ProtocolViolation('Unknown session')
    }
    this.#key = { id: randomBytes(16).toString('hex'), token: randomBytes(16) }
    this.#carrier?.sendOpen({ session: this.#key, bytesReceived: 0 })
    this.#becomeReady()
    this.#scheduleFlush()
  }

  #receiveData (bytes: Buffer): void {
    if (!this.#peerOpened) throw new ProtocolViolation('Data before the open frame')
    this.#bytesReceived += bytes.length
    this.#muxer.push(bytes)
  }

  #receivePong (): void {
    if (!this.#peerOpened) throw new ProtocolViolation('Pong before the open frame')
    if (this.#role === 'cli') this.#becomeReady()
  }

  #becomeReady (): void {
    this.#carrier?.ready()
    this.#readiness.resolve()
  }

  #receiveGoAway (code: number): void {
    this.#peerWentAway = true
    if (code === GO_AWAY.normal) return
    const what = code === GO_AWAY.protocolError ? 'a protocol error' : `an internal error (${code})`
    this.#end(new WaylayError('WAYLAY_TUNNEL_PROTOCOL', `The other side ended the session: ${what}`))
    this.#carrier?.end()
  }

  /** After the current poll phase: every socket that was readable has then added its bytes to the same batch. */
  #scheduleFlush (): void {
    if (this.#flushScheduled) return
    this.#flushScheduled = true
    setImmediate(() => {
      this.#flushScheduled = false
      this.#flush()
    })
  }

  #flush (): void {
    // Our open frame goes first. The CLI sends it at once, the proxy's side in answer to the CLI's.
    if (this.#role === 'proxy' && this.#key === undefined && this.#state === 'open') return
    while (this.#carrier?.isWritable === true) {
      this.#writer.begin(CARRIER_HEADER_BYTES)
      this.#muxer.pull(this.#writer, CARRIER_DATA_BYTES)
      if (this.#writer.byteLength === 0) break
      this.#carrier?.sendData(this.#writer.take())
    }
    if (this.#state === 'closing' && this.#muxer.isGoAwaySent) {
      this.#carrier?.end()
      this.#end(undefined)
    }
  }

  /** We found the session broken: the peer is told with a GoAway, as far as the carrier still takes it. */
  #fail (error: unknown): void {
    if (this.#state === 'closed') return
    this.#muxer.goAway(goAwayCodeFor(error))
    this.#flush()
    this.#carrier?.end()
    this.#end(toSessionError(error))
  }

  #lose (reason: string, cause?: unknown): void {
    this.#end(this.#peerWentAway || this.#state === 'closing' ? undefined : carrierLost(reason, cause))
    if (cause === undefined) this.#carrier?.end()
    else this.#carrier?.destroy()
  }

  #end (error: WaylayError | undefined): void {
    if (this.#state === 'closed') return
    this.#state = 'closed'
    this.#muxer.abort(error)
    this.#readiness.reject(error ?? new WaylayError('WAYLAY_TUNNEL_FAILED', 'The session was closed before it was ready'))
    queueMicrotask(() => { this.#options.onClose(error) })
  }
}
