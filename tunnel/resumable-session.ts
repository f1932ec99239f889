import { LOSS } from '../common/contract.ts'
import { WaylayError } from '../common/errors.ts'
import { CARRIER_HEADER_BYTES } from './carrier-frame.ts'
import type { Carrier, CarrierListener } from './carrier.ts'
import type { Channel } from './channel.ts'
import { after, systemClock, type Clock } from './clock.ts'
import { ACK_EVERY_MS, CARRIER_DATA_BYTES, DEAD_AFTER_MS, MAX_UNACKNOWLEDGED_BYTES } from './constants.ts'
import { BatchWriter } from './encode.ts'
import { carrierLost, GO_AWAY, goAwayCodeFor, ProtocolViolation, toSessionError } from './errors.ts'
import { Muxer } from './muxer.ts'
import { ReceivedBytes } from './received-bytes.ts'
import { SentBytes } from './sent-bytes.ts'
import type { Resumption, SessionKeeper } from './session-keeper.ts'
import type { Session, SessionOwner, SessionTuning } from './session.ts'
import { YamuxStream } from './stream.ts'
import { WindowBudget } from './window-budget.ts'

const TICK_MS = 250

/** A muxer on one carrier after another: numbers the bytes both ways, and goes on where the last carrier broke off. */
export class ResumableSession implements Session {
  readonly ready: Promise<void>
  id = ''
  readonly clock: Clock
  readonly #owner: SessionOwner
  readonly #muxer: Muxer
  readonly #writer = new BatchWriter()
  readonly #sent = new SentBytes()
  readonly #received = new ReceivedBytes()
  readonly #readiness = Promise.withResolvers<void>()
  readonly #stopTicks: () => void
  #keeper: SessionKeeper | undefined
  #carrier: Carrier | undefined
  #state: 'open' | 'closing' | 'closed' = 'open'
  #isLost = false
  #isReady = false
  #lostReason: { readonly reason: string, readonly cause: unknown } | undefined
  #peerWentAway = false
  #flushScheduled = false
  #silentMs = 0
  #lastTickAt: number
  #sinceAckMs = 0

  constructor (role: 'client' | 'server', { clock = systemClock, windowBytes, maxStreams, ...owner }: SessionOwner & SessionTuning) {
    this.clock = clock
    this.#owner = owner
    this.ready = this.#readiness.promise
    // Whoever does not wait for `ready` learns the same from onClose.
    this.ready.catch(() => {})
    this.#muxer = new Muxer({
      role,
      onChannel: channel => { this.#acceptStream(channel) },
      onPending: () => { this.#scheduleFlush() },
      onGoAway: code => { this.#receiveGoAway(code) },
      budget: new WindowBudget({ now: clock.now, roundTripMs: () => this.roundTripMs }),
      ...(windowBytes !== undefined && { windowBytes }),
      ...(maxStreams !== undefined && { maxStreams })
    })
    this.#lastTickAt = clock.now()
    this.#stopTicks = clock.every(TICK_MS, () => { this.#tick() })
  }

  get streamCount (): number {
    return this.#muxer.streamCount
  }

  get roundTripMs (): number | undefined {
    return this.#carrier?.roundTripMs
  }

  get isLost (): boolean {
    return this.#isLost
  }

  get isOver (): boolean {
    return this.#state === 'closed'
  }

  get silentMs (): number {
    return this.#carrier?.silentMs ?? this.#silentMs
  }

  get carrier (): Carrier | undefined {
    return this.#carrier
  }

  get receivedBytes (): number {
    return this.#received.count
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
    const carrier = this.#carrier
    if (this.#state === 'open') {
      this.#state = 'closing'
      this.#muxer.goAway(GO_AWAY.normal)
      if (carrier === undefined) this.end(undefined)
    }
    if (carrier === undefined) return
    // A peer that sends but never reads would keep us here for ever.
    const giveUp = after(this.clock, DEAD_AFTER_MS, () => {
      this.end(undefined)
      carrier.destroy()
    })
    await carrier.closed
    giveUp()
  }

  destroy (error?: WaylayError): void {
    if (this.#state === 'closed') return this.#carrier?.destroy()
    this.#fail(error)
  }

  /** Who brings the carriers. Before `begin`. */
  attend (keeper: SessionKeeper): void {
    this.#keeper = keeper
  }

  /** The first carrier: both sides begin with their first byte. */
  begin (carrier: Carrier): void {
    this.#attach(carrier)
  }

  /** The next carrier: the old one is left in order, and what was under way on it goes again or is dropped. */
  resume (carrier: Carrier, { peerReceivedBytes, ownReceivedBytes, answer }: Resumption): void {
    this.#carrier?.end()
    this.#received.resumeAt(ownReceivedBytes)
    if (answer !== undefined) carrier.sendOpen(answer)
    this.#attach(carrier)
    carrier.ready()
    try {
      this.#sent.resumeAt(peerReceivedBytes)
    } catch (error) {
      return this.#fail(error)
    }
    if (!this.#isLost) return
    this.#isLost = false
    this.#owner.onCarrier?.('resumed')
  }

  /** It works: the owner may be told. */
  becomeReady (): void {
    this.#isReady = true
    this.#carrier?.ready()
    this.#readiness.resolve()
  }

  /** Tells the peer what came, unless it may have left this carrier. */
  acknowledge (): void {
    if (this.#carrier === undefined || this.#keeper?.holdsAcks === true) return
    this.#sinceAckMs = 0
    this.#carrier.sendAck(this.#received.acknowledge())
  }

  #attach (carrier: Carrier): void {
    this.#carrier = carrier
    carrier.listen(this.#listenTo(carrier))
    this.#scheduleFlush()
  }

  #listenTo (carrier: Carrier): CarrierListener {
    return {
      onOpen: open => {
        if (this.id !== '' || this.#keeper === undefined) throw new ProtocolViolation('Second open frame')
        this.#keeper.onFirstOpen(open)
      },
      onData: bytes => { this.#receiveData(bytes) },
      onAck: count => {
        this.#sent.acknowledge(count)
        this.#scheduleFlush()
      },
      onPong: () => { this.#keeper?.onPong() },
      onDrain: () => { this.#flush() },
      onFailure: error => { this.#fail(error) },
      onLost: (reason, cause) => { this.#lose(carrier, reason, cause) }
    }
  }

  /** A session that ended in the middle of a chunk still gets the rest of it. */
  #acceptStream (channel: Channel): void {
    if (this.#state === 'closed') channel.reset()
    else this.#owner.onStream(new YamuxStream(channel))
  }

  #receiveData (bytes: Buffer): void {
    if (this.id === '') throw new ProtocolViolation('Data before the open frame')
    const fresh = this.#received.take(bytes)
    if (fresh === undefined) return
    this.#muxer.push(fresh)
    if (this.#received.isAckDue) this.acknowledge()
  }

  #receiveGoAway (code: number): void {
    this.#peerWentAway = true
    if (code === GO_AWAY.normal) return
    const what = code === GO_AWAY.protocolError ? 'a protocol error' : `an internal error (${code})`
    this.end(new WaylayError('WAYLAY_TUNNEL_PROTOCOL', `The other side ended the session: ${what}`))
  }

  /** After the current poll phase: every socket that was readable has then added its bytes to the same batch. */
  #scheduleFlush (): void {
    if (this.#flushScheduled || this.#carrier === undefined) return
    this.#flushScheduled = true
    setImmediate(() => {
      this.#flushScheduled = false
      this.#flush()
    })
  }

  #flush (): void {
    const carrier = this.#carrier
    if (carrier === undefined) return
    while (carrier.isWritable) {
      if (this.#sent.isBehind) {
        carrier.sendAgain(this.#sent.takeAgain(CARRIER_DATA_BYTES))
        continue
      }
      if (this.#sent.unacknowledgedBytes > MAX_UNACKNOWLEDGED_BYTES - CARRIER_DATA_BYTES) break
      this.#writer.begin(CARRIER_HEADER_BYTES)
      this.#muxer.pull(this.#writer, CARRIER_DATA_BYTES)
      if (this.#writer.byteLength === 0) break
      const batch = this.#writer.take()
      this.#sent.add(batch, CARRIER_HEADER_BYTES)
      carrier.sendData(batch)
    }
    if (this.#state === 'closing' && this.#muxer.isGoAwaySent) this.end(undefined)
  }

  #tick (): void {
    const now = this.clock.now()
    // A process that was stopped counts little of it as silence: what arrived meanwhile is still to be read.
    const elapsedMs = Math.min(now - this.#lastTickAt, TICK_MS * 4)
    this.#lastTickAt = now
    this.#sinceAckMs += elapsedMs
    if (this.#sinceAckMs >= ACK_EVERY_MS && this.#received.hasUnacknowledged) this.acknowledge()
    if (this.#isLost) {
      this.#silentMs += elapsedMs
      if (this.#silentMs >= LOSS.endMs) return this.end(this.#lossError())
    }
    this.#keeper?.onTick()
  }

  #lose (carrier: Carrier, reason: string, cause: unknown): void {
    if (carrier !== this.#carrier) return
    this.#lostReason = { reason, cause }
    if (this.#peerWentAway || this.#state === 'closing') return this.end(undefined)
    if (!this.#isReady) return this.end(this.#lossError())
    this.#silentMs = carrier.silentMs
    this.#carrier = undefined
    this.#isLost = true
    carrier.end()
    this.#owner.onCarrier?.('lost')
    this.#keeper?.onLost(carrier)
  }

  #lossError (): WaylayError {
    const { reason = 'no carrier', cause } = this.#lostReason ?? {}
    const next = this.#keeper?.lastFailure
    if (next === undefined) return carrierLost(reason, cause)
    return carrierLost(`${reason}, and the next one could not be opened: ${next.message}`, next)
  }

  /** The session is broken, or its owner ends it: the peer is told with a GoAway, as far as the carrier takes it. */
  #fail (error: unknown): void {
    if (this.#state === 'closed') return
    const failure = error === undefined ? undefined : toSessionError(error)
    this.#muxer.abort(failure)
    this.#muxer.goAway(failure === undefined ? GO_AWAY.normal : goAwayCodeFor(error))
    this.#flush()
    this.end(failure)
  }

  end (error: WaylayError | undefined): void {
    if (this.#state === 'closed') return
    this.#state = 'closed'
    this.#stopTicks()
    this.#muxer.abort(error)
    this.#carrier?.end()
    this.#sent.clear()
    this.#keeper?.onEnd()
    this.#readiness.reject(error ?? new WaylayError('WAYLAY_TUNNEL_FAILED', 'The session was closed before it was ready'))
    queueMicrotask(() => { this.#owner.onClose(error) })
  }
}
