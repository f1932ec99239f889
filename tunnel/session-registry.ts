import { randomBytes, timingSafeEqual } from 'node:crypto'
import type { Duplex } from 'node:stream'
import type { OpenFrame, SessionKey } from './carrier-frame.ts'
import { Carrier } from './carrier.ts'
import { systemClock, type Clock } from './clock.ts'
import { LooseCarriers } from './loose-carriers.ts'
import { ResumableSession } from './resumable-session.ts'
import type { Session, SessionOwner, SessionTuning } from './session.ts'

export type SessionRegistryOptions = SessionTuning & {
  /** A new session: returns who is told what happens to it. A session that comes back on another carrier is not new. */
  readonly onSession: (session: Session, vouch: Vouch) => SessionOwner
  readonly onCount?: (event: SessionEvent) => void
  readonly bounds?: Partial<SessionBounds>
}

/** What is counted: a carrier that opened; a session that went on with another one; one that was given up. */
export type SessionEvent = 'carrier' | 'resumed' | 'lost'

/** Anybody in the pod may open sessions; only those that were vouched for may be many and old. */
export type SessionBounds = {
  readonly sessions: number
  /** Sessions that nobody vouched for, and how old one of them may get. */
  readonly strangers: number
  readonly strangerLifeMs: number
  /** Carriers that belong to no session, or no more. */
  readonly looseCarriers: number
}

const BOUNDS: SessionBounds = { sessions: 1000, strangers: 64, strangerLifeMs: 60_000, looseCarriers: 256 }

/** Says whether a valid ticket stands behind a session. Without one it is among the first to go, and not for long. */
export type Vouch = (isVouched: boolean) => void

type Entry = {
  readonly session: ResumableSession
  readonly key: SessionKey
  carrierNumber: number
  /** Since when nobody vouches for it. */
  strangerSince: number | undefined
}

/** The proxy's sessions: takes carriers, and finds the session that each belongs to. */
export class SessionRegistry {
  readonly #options: SessionRegistryOptions
  readonly #bounds: SessionBounds
  readonly #clock: Clock
  readonly #byId = new Map<string, Entry>()
  readonly #loose: LooseCarriers
  #stopClock: (() => void) | undefined

  constructor (options: SessionRegistryOptions) {
    this.#options = options
    this.#bounds = { ...BOUNDS, ...options.bounds }
    this.#clock = options.clock ?? systemClock
    this.#loose = new LooseCarriers(this.#bounds.looseCarriers)
  }

  get size (): number {
    return this.#byId.size
  }

  /** Takes a connection. It has ten seconds to say what it is. */
  accept (duplex: Duplex): void {
    const carrier: Carrier = new Carrier(duplex, {
      onOpen: open => { this.#open(carrier, open) },
      onData: () => { carrier.end() },
      onAck: () => { carrier.end() },
      onPong: () => {},
      onDrain: () => {},
      onFailure: () => { carrier.end() },
      onLost: () => { carrier.end() }
    }, this.#clock)
    this.#loose.add(carrier)
  }

  /** Ends every session at once. */
  destroy (): void {
    for (const { session } of [...this.#byId.values()]) session.destroy()
    this.#loose.destroy()
  }

  #open (carrier: Carrier, open: OpenFrame): void {
    this.#options.onCount?.('carrier')
    if (open.session === undefined) return this.#begin(carrier, open)
    const entry = this.#find(open.session)
    if (entry === undefined) {
      carrier.sendOpen({ session: undefined, bytesReceived: 0, carrierNumber: open.carrierNumber })
      return carrier.end()
    }
    // Overtaken by a later one on its way here. The CLI gave it up long ago.
    if (open.carrierNumber <= entry.carrierNumber) return carrier.end()
    this.#resume(entry, carrier, open)
  }

  #find ({ id, token }: SessionKey): Entry | undefined {
    const entry = this.#byId.get(id)
    return entry !== undefined && timingSafeEqual(entry.key.token, token) ? entry : undefined
  }

  #begin (carrier: Carrier, { carrierNumber }: OpenFrame): void {
    if (!this.#makeRoom()) return carrier.end()
    const key = { id: randomBytes(16).toString('hex'), token: randomBytes(16) }
    const session: ResumableSession = new ResumableSession('server', {
      ...this.#options,
      onStream: stream => { owner.onStream(stream) },
      onCarrier: state => { owner.onCarrier?.(state) },
      onClose: error => {
        this.#forget(key.id)
        if (session.isLost) this.#options.onCount?.('lost')
        if (session.carrier !== undefined) this.#loose.add(session.carrier)
        owner.onClose(error)
      }
    })
    session.id = key.id
    const entry: Entry = { session, key, carrierNumber, strangerSince: this.#clock.now() }
    this.#byId.set(key.id, entry)
    this.#stopClock ??= this.#clock.every(1000, () => { this.#endOldStrangers() })
    carrier.sendOpen({ session: key, bytesReceived: 0, carrierNumber })
    this.#loose.take(carrier)
    session.begin(carrier)
    session.becomeReady()
    // The windows' size follows the round trip.
    carrier.ping()
    const owner = this.#options.onSession(session, isVouched => {
      entry.strangerSince = isVouched ? undefined : this.#clock.now()
    })
  }

  #resume (entry: Entry, carrier: Carrier, { bytesReceived, carrierNumber }: OpenFrame): void {
    const { session, key } = entry
    const old = session.carrier
    entry.carrierNumber = carrierNumber
    this.#options.onCount?.('resumed')
    this.#loose.take(carrier)
    const ownReceivedBytes = session.receivedBytes
    session.resume(carrier, {
      peerReceivedBytes: bytesReceived,
      ownReceivedBytes,
      answer: { session: key, bytesReceived: ownReceivedBytes, carrierNumber }
    })
    carrier.ping()
    // It ends by itself within ten seconds, but a peer that changes carriers all the time must not pile them up.
    if (old !== undefined) this.#loose.add(old)
  }

  /** A stranger has to go for a newcomer; where all are vouched for, the newcomer does. */
  #makeRoom (): boolean {
    const strangers = [...this.#byId.values()].filter(({ strangerSince }) => strangerSince !== undefined)
    const isFull = strangers.length >= this.#bounds.strangers || this.#byId.size >= this.#bounds.sessions
    if (!isFull) return true
    const [oldest] = strangers
    oldest?.session.destroy()
    return oldest !== undefined
  }

  #endOldStrangers (): void {
    for (const { session, strangerSince } of [...this.#byId.values()]) {
      if (strangerSince === undefined) continue
      if (this.#clock.now() - strangerSince >= this.#bounds.strangerLifeMs) void session.close()
    }
  }

  #forget (id: string): void {
    this.#byId.delete(id)
    if (this.#byId.size > 0) return
    this.#stopClock?.()
    this.#stopClock = undefined
  }
}
