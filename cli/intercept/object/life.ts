import { LOSS } from '../../../common/contract.ts'
import { toWaylayError, WaylayError } from '../../../common/errors.ts'
import type { WaylayCode } from '../../../common/failures.ts'
import type { Intercept, InterceptStatus } from '../../../intercepts/object.ts'
import { momentOf, pause, sinceMs, type Moment, type StandClock } from '../../clock.ts'
import { describeHolder } from './hold.ts'

export type LifeDeps = {
  /** Writes the status: `lost` when somebody else holds the object by now, `gone` when there is none. */
  readonly renew: (held: Intercept) => Promise<Intercept | 'lost' | 'gone'>
  readonly read: () => Promise<Intercept | undefined>
  /** Writes the object as it is: the webhook signs a new ticket. */
  readonly update: (held: Intercept) => Promise<Intercept | 'changed' | 'gone'>
  /** Makes the object ours anew. */
  readonly hold: () => Promise<Intercept>
  readonly clock: StandClock
  /** A newer ticket, for every pod. */
  readonly onTicket: () => void
  /** It is over, and not by us. Once. */
  readonly onEnd: (error: WaylayError) => void
  readonly onNote: (line: string) => void
  /** 0 to 1. */
  readonly random: () => number
}

const TICK_MS = 1000
/** A ticket lasts an hour: two renewals may fail altogether. */
const TICKET_AGE_MS = 20 * 60 * 1000
const TICKET_SPREAD_MS = 60 * 1000
const TICKET_RETRY_MS = 30 * 1000
/** After a sleep: a pod would not take this one any more, or not for long. */
const TICKET_OLD_MS = 55 * 60 * 1000
const FIRST_BACKOFF_MS = 200
const LAST_BACKOFF_MS = 5000
/** A refusal of rights may be a token that is just being renewed. */
const MAX_REFUSALS = 5

/** A failure that says nothing of who holds the object: the way to the cluster, or the webhook, is what failed. */
const PASSING: ReadonlySet<WaylayCode> = new Set([
  'WAYLAY_NO_CLUSTER', 'WAYLAY_INSTALL_FAILED', 'WAYLAY_INTERNAL', 'WAYLAY_NOT_INSTALLED'
])

/**
 * Keeps one Intercept object ours: renews its status, gets new tickets, and finds out whether it still is ours before
 * anybody relies on it. That it cannot be renewed never ends it; that somebody else holds it, or deleted it, does.
 */
export class InterceptLife {
  readonly #deps: LifeDeps
  readonly #stopped = new AbortController()
  #held: Intercept
  /** When the API server last said that it is ours. */
  #confirmed: Moment
  #ticketTaken: Moment
  #ticketDueMs: number
  #renewed: Moment | undefined
  /** When the status was last written. Others judge by it, whatever we can read. */
  #kept: Moment
  #isBusy = false
  /** The status says more than was written. */
  #isChanged = false
  #isLost = false
  #confirming: Promise<void> | undefined
  #ticketing: Promise<void> | undefined
  readonly #warned = new Set<string>()
  #cancelTick: () => void = () => {}

  constructor (deps: LifeDeps, held: Intercept) {
    this.#deps = deps
    this.#held = held
    this.#confirmed = momentOf(deps.clock)
    this.#ticketTaken = this.#confirmed
    this.#kept = this.#confirmed
    this.#ticketDueMs = this.#ticketAge()
    this.#scheduleTick()
  }

  /** As it was last seen. */
  get object (): Intercept {
    return this.#held
  }

  get isOver (): boolean {
    return this.#stopped.signal.aborted
  }

  /** Somebody else deleted it or took it over. */
  get isLost (): boolean {
    return this.#isLost
  }

  /**
   * The ticket, once the object is known to be ours: after a sleep it is read first.
   *
   * @throws {WaylayError} when the intercept is over.
   */
  async ticket (): Promise<string> {
    if (this.#isStale) await this.#confirm()
    if (!this.isOver && sinceMs(this.#deps.clock, this.#ticketTaken) > TICKET_OLD_MS) await this.#renewTicket()
    const { ticket } = this.#held.spec
    if (this.isOver || ticket === undefined) throw new WaylayError('WAYLAY_CONFLICT', 'The intercept is over')
    return ticket
  }

  /** What a watch saw: undefined when the object is gone. It may be old news, so the object itself is read. */
  seen (object: Intercept | undefined): void {
    if (this.isOver || object?.spec.sessionKey === this.#held.spec.sessionKey) return
    void this.#confirm()
  }

  /** What the status counts has changed: it is written within a second, and at most once a second. */
  changed (): void {
    this.#isChanged = true
  }

  /** Writes what is not written yet, before the object goes: whoever counts sees its last state. Never rejects. */
  async flush (): Promise<void> {
    if (this.#isChanged) await this.renewNow()
  }

  /** Writes the status now instead of at its time. */
  async renewNow (): Promise<void> {
    if (this.isOver || this.#confirming !== undefined) return
    // Where this write fails the next renewal has it: a cluster that is away is not asked every second.
    this.#isChanged = false
    this.#renewed = momentOf(this.#deps.clock)
    const sent = this.#renewed
    try {
      const answer = await this.#deps.renew(this.#held)
      if (typeof answer === 'object') {
        this.#take(answer, sent)
        this.#kept = sent
      } else await this.#confirm()
      this.#warned.delete('renew')
    } catch (error) {
      const failure = toWaylayError(error)
      // Whom the API server refuses it will refuse again: there is nothing to wait for.
      const isRefused = failure.code === 'WAYLAY_FORBIDDEN'
      if (isRefused || sinceMs(this.#deps.clock, this.#kept) > LOSS.endMs) this.#warnOfStaleness(failure)
    }
  }

  /** Nothing more is done with the object. */
  stop (): void {
    this.#stopped.abort()
    this.#cancelTick()
  }

  get #isStale (): boolean {
    return sinceMs(this.#deps.clock, this.#confirmed) > LOSS.endMs
  }

  #scheduleTick (): void {
    if (this.isOver) return
    this.#cancelTick = this.#deps.clock.after(TICK_MS, () => { void this.#tick() })
  }

  async #tick (): Promise<void> {
    this.#scheduleTick()
    // One that hangs must not be joined by others.
    if (this.#isBusy) return
    this.#isBusy = true
    const { clock } = this.#deps
    if (this.#isStale) await this.#confirm()
    const isDue = this.#renewed === undefined || sinceMs(clock, this.#renewed) >= LOSS.renewMs
    if (isDue || this.#isChanged) await this.renewNow()
    if (!this.isOver && sinceMs(clock, this.#ticketTaken) >= this.#ticketDueMs) await this.#renewTicket()
    this.#isBusy = false
  }

  async #renewTicket (): Promise<void> {
    this.#ticketing ??= this.#renewTicketOnce().finally(() => { this.#ticketing = undefined })
    await this.#ticketing
  }

  async #renewTicketOnce (): Promise<void> {
    try {
      const sent = momentOf(this.#deps.clock)
      const answer = await this.#deps.update(this.#held)
      if (typeof answer === 'object') return this.#take(answer, sent)
      await this.#confirm()
    } catch (error) {
      const ageMs = sinceMs(this.#deps.clock, this.#ticketTaken)
      this.#ticketDueMs = ageMs + TICKET_RETRY_MS * (0.5 + this.#deps.random())
      this.#warnOnce('ticket', `Warning: the intercept's ticket cannot be renewed; it is tried again: ${toWaylayError(error).message}`)
    }
  }

  /** Finds out whether it is still ours, and makes it ours again where nobody holds it. Never rejects. */
  async #confirm (): Promise<void> {
    this.#confirming ??= this.#confirmOnce().finally(() => { this.#confirming = undefined })
    await this.#confirming
  }

  async #confirmOnce (): Promise<void> {
    const { signal } = this.#stopped
    let backoffMs = FIRST_BACKOFF_MS
    let refusals = 0
    while (!signal.aborted) {
      try {
        return await this.#readOnce()
      } catch (error) {
        const failure = toWaylayError(error)
        if (failure.code === 'WAYLAY_FORBIDDEN' && ++refusals < MAX_REFUSALS) {
          this.#warnOnce('read', `Warning: the intercept cannot be read: ${failure.message}`)
        } else if (!PASSING.has(failure.code)) {
          return this.#end(failure)
        } else if (this.#isStale) {
          this.#warnOfStaleness(failure)
        }
        await pause(this.#deps.clock, backoffMs, signal)
        backoffMs = Math.min(backoffMs * 2, LAST_BACKOFF_MS)
      }
    }
  }

  async #readOnce (): Promise<void> {
    const wasStale = this.#isStale
    const sent = momentOf(this.#deps.clock)
    const found = await this.#deps.read()
    if (this.isOver) return
    if (found !== undefined && found.spec.sessionKey === this.#held.spec.sessionKey) return this.#take(found, sent)
    if (!wasStale) return this.#end(found === undefined ? deletedByOthers(this.#held) : takenOver(found))
    // Taken over while we slept, it is somebody else's; expired again, or gone, it is free for everybody.
    const held = await this.#deps.hold()
    this.#deps.onNote(`The intercept of ${held.spec.workload} had expired, and stands again.`)
    this.#take(held, sent)
  }

  #take (object: Intercept, sent: Moment): void {
    if (this.isOver) return
    if (object.spec.sessionKey !== this.#held.spec.sessionKey) return this.#end(takenOver(object))
    const isNew = object.spec.ticket !== this.#held.spec.ticket
    this.#held = object
    this.#confirmed = sent
    if (!isNew) return
    this.#ticketTaken = sent
    this.#ticketDueMs = this.#ticketAge()
    this.#warned.delete('ticket')
    this.#deps.onTicket()
  }

  #ticketAge (): number {
    return TICKET_AGE_MS - this.#deps.random() * TICKET_SPREAD_MS
  }

  #warnOfStaleness ({ code, message, hint }: WaylayError): void {
    const next = code === 'WAYLAY_FORBIDDEN' ? `. ${hint}` : ''
    this.#warnOnce('renew', `Warning: the intercept cannot be renewed, so others may take it: ${message}${next}`)
  }

  #warnOnce (about: string, line: string): void {
    if (this.#warned.has(about)) return
    this.#warned.add(about)
    this.#deps.onNote(line)
  }

  #end (error: WaylayError): void {
    if (this.isOver) return
    this.#isLost = true
    this.stop()
    this.#deps.onEnd(error)
  }
}

function deletedByOthers ({ spec: { workload, port } }: Intercept): WaylayError {
  return new WaylayError('WAYLAY_CONFLICT', `The intercept of ${workload} port ${port} was ended from outside: somebody deleted it`,
    { hint: 'See who holds it now: waylay list' })
}

function takenOver (object: Intercept): WaylayError {
  const { workload, port } = object.spec
  return new WaylayError('WAYLAY_CONFLICT', `The intercept of ${workload} port ${port} was taken over by ${describeHolder(object)}`,
    { hint: 'Agree with them, or choose another header value with --id.' })
}

/** What stands in the status of an Intercept. */
export function statusAt (serverNowMs: number, counts: Omit<InterceptStatus, 'renewTime' | 'fence'>): InterceptStatus {
  return { renewTime: new Date(serverNowMs).toISOString(), ...counts }
}
