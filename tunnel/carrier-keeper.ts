import type { Duplex } from 'node:stream'
import { toWaylayError, WaylayError } from '../common/errors.ts'
import { Candidate } from './candidate.ts'
import type { OpenFrame, SessionKey } from './carrier-frame.ts'
import { CarrierSupply } from './carrier-supply.ts'
import { Carrier, HEARS_NOTHING } from './carrier.ts'
import { CARRIER_MAX_AGE_MS, FIRST_BACKOFF_MS, SLEPT_AFTER_MS, SUSPECT_AFTER_MS } from './constants.ts'
import { ProtocolViolation, toSessionError } from './errors.ts'
import type { ResumableSession } from './resumable-session.ts'
import type { SessionKeeper } from './session-keeper.ts'
import type { SessionOptions } from './session.ts'

/** Brings the CLI's side of a session its carriers: the first, and the next one whenever one is needed. */
export class CarrierKeeper implements SessionKeeper {
  readonly #session: ResumableSession
  readonly #openCarrier: () => Promise<Duplex>
  readonly #supply: CarrierSupply
  readonly #maxAgeMs: number
  #key: SessionKey | undefined
  #candidate: Candidate | undefined
  #carrierNumber = 0
  /** What the proxy was told that we have, in the last open frame. */
  #toldBytes = 0
  #lastWallMs: number
  /** The carrier before it is as good as lost, so that the next one need not prove itself first. */
  #isUrgent = false

  constructor (session: ResumableSession, { openCarrier, carrierMaxAgeMs, random = Math.random }: SessionOptions) {
    this.#session = session
    this.#openCarrier = openCarrier
    // Not all sessions at the same moment.
    this.#maxAgeMs = (carrierMaxAgeMs ?? CARRIER_MAX_AGE_MS) * (1 - random() / 10)
    this.#lastWallMs = session.clock.wallNow()
    this.#supply = new CarrierSupply({
      clock: session.clock, openCarrier, random, onDialled: carrier => { this.#offer(carrier) }
    })
  }

  get holdsAcks (): boolean {
    return this.#candidate?.isOpenSent === true
  }

  get lastFailure (): Error | undefined {
    return this.#supply.lastError
  }

  /** Dials the first carrier. */
  start (): void {
    this.#session.attend(this)
    this.#openCarrier().then(
      duplex => { this.#begin(duplex) },
      (error: unknown) => { this.#session.end(toWaylayError(error)) })
  }

  onFirstOpen (open: OpenFrame): void {
    if (open.session === undefined) throw new ProtocolViolation('The pod\'s side made no session')
    this.#key = open.session
    this.#session.id = open.session.id
  }

  onPong (): void {
    if (this.#key === undefined) throw new ProtocolViolation('Pong before the open frame')
    this.#session.becomeReady()
  }

  onLost (carrier: Carrier): void {
    if (this.#candidate !== undefined) return
    // One that breaks as soon as it stands is not worth a storm of others.
    if (carrier.ageMs < FIRST_BACKOFF_MS) this.#supply.wantSoon()
    else this.#supply.want()
  }

  onTick (): void {
    const wallMs = this.#session.clock.wallNow()
    const hasSlept = wallMs - this.#lastWallMs > SLEPT_AFTER_MS
    this.#lastWallMs = wallMs
    if (this.#key === undefined) return
    if (hasSlept) return this.#wake()
    const { carrier } = this.#session
    if (carrier === undefined) return
    if (carrier.silentMs >= SUSPECT_AFTER_MS) this.#isUrgent = true
    if (carrier.ageMs >= this.#maxAgeMs || this.#isUrgent) this.#supply.want()
  }

  onEnd (): void {
    this.#supply.stop()
    this.#candidate?.stop()
    this.#candidate = undefined
  }

  /** Whatever was being tried before the machine slept is lost, and nobody says so. */
  #wake (): void {
    this.#candidate?.stop()
    this.#candidate = undefined
    this.#isUrgent = true
    this.#supply.hurry()
  }

  #begin (duplex: Duplex): void {
    if (this.#session.isOver) return void duplex.destroy()
    const carrier = new Carrier(duplex, HEARS_NOTHING, this.#session.clock)
    this.#session.begin(carrier)
    carrier.sendOpen({ session: undefined, bytesReceived: 0, carrierNumber: ++this.#carrierNumber })
    carrier.ping()
  }

  #offer (duplex: Duplex): void {
    const old = this.#session.carrier
    const candidate = new Candidate(duplex, {
      clock: this.#session.clock,
      probesFirst: old !== undefined && !this.#isUrgent,
      makeOpen: () => this.#makeOpen(),
      onAccepted: (carrier, answer) => { this.#accept(carrier, answer) },
      onFailed: (reason, cause) => {
        if (this.#candidate !== candidate) return
        this.#candidate = undefined
        this.#supply.failed(cause ?? new Error(reason))
      }
    })
    this.#candidate = candidate
  }

  #makeOpen (): OpenFrame {
    this.#toldBytes = this.#session.receivedBytes
    return { session: this.#key, bytesReceived: this.#toldBytes, carrierNumber: ++this.#carrierNumber }
  }

  #accept (carrier: Carrier, { session, bytesReceived }: OpenFrame): void {
    this.#candidate = undefined
    this.#isUrgent = false
    if (session === undefined) {
      carrier.end()
      return this.#session.end(new WaylayError('WAYLAY_SESSION_UNKNOWN', 'The pod does not know the session any more'))
    }
    this.#supply.accepted()
    if (session.id !== this.#key?.id) {
      carrier.end()
      return this.#session.end(toSessionError(new ProtocolViolation('The pod\'s side went on with another session')))
    }
    this.#session.resume(carrier, { peerReceivedBytes: bytesReceived, ownReceivedBytes: this.#toldBytes })
  }
}
