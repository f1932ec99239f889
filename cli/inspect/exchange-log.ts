import type { StandClock } from '../clock.ts'
import { Exchange, sizeOf, type Origin, type RequestStart } from './exchange.ts'

export type LogLimits = { readonly exchanges: number, readonly bodyBytes: number, readonly totalBytes: number }

/** Of one body: 64 KiB. Of everything: 32 MiB, so that a laptop does not notice. */
export const LIMITS: LogLimits = { exchanges: 500, bodyBytes: 64 * 1024, totalBytes: 32 * 1024 * 1024 }

/** Hears what happens to the log. Called while bytes pass: it has to be quick. */
export type LogListener = {
  readonly changed: (exchange: Exchange) => void
  readonly dropped: (id: number) => void
}

/** How often one caller's requests came through one pod. */
export type CallerCount = {
  readonly caller: string
  readonly pod: string
  readonly intercept: string
  diverted: number
}

/** The newest exchanges, within bounds: the oldest make room. */
export class ExchangeLog {
  readonly limits: LogLimits
  readonly #clock: Pick<StandClock, 'now' | 'wallNow'>
  readonly #kept = new Map<number, { readonly exchange: Exchange, bytes: number }>()
  readonly #listeners = new Set<LogListener>()
  readonly #counts = new Map<string, CallerCount>()
  #totalBytes = 0
  #looksAt: number | undefined
  #lastId = 0

  constructor (clock: Pick<StandClock, 'now' | 'wallNow'>, limits: LogLimits = LIMITS) {
    this.#clock = clock
    this.limits = limits
  }

  /** Oldest first. */
  get exchanges (): readonly Exchange[] {
    return [...this.#kept.values()].map(({ exchange }) => exchange)
  }

  /** Of the newest that ever was; 0 before the first. */
  get lastId (): number {
    return this.#lastId
  }

  /** Bytes of heads and bodies that are kept. */
  get keptBytes (): number {
    return this.#totalBytes
  }

  /** By caller and pod, since the start. */
  get counts (): readonly CallerCount[] {
    return [...this.#counts.values()]
  }

  get (id: number): Exchange | undefined {
    return this.#kept.get(id)?.exchange
  }

  /** Somebody looks at this one: until they look at another, others make room before it does. */
  lookAt (id: number): void {
    this.#looksAt = id
  }

  begin (origin: Origin, start: RequestStart): Exchange {
    const exchange = new Exchange(++this.#lastId, origin, start, this.#clock.wallNow(), {
      now: this.#clock.now,
      bodyLimitBytes: this.limits.bodyBytes,
      grow: (growing, bytes) => this.#grow(growing, bytes),
      changed: changed => { this.#changed(changed) }
    })
    this.#kept.set(exchange.id, { exchange, bytes: 0 })
    if (this.#kept.size > this.limits.exchanges) this.#dropOldest()
    this.#grow(exchange, sizeOf(start.headers) + start.target.length)
    if (origin.replayOf === undefined) this.#count(origin)
    this.#changed(exchange)
    return exchange
  }

  /** Forgets all. What is under way is not shown any more. */
  clear (): void {
    for (const id of [...this.#kept.keys()]) this.#drop(id)
  }

  /** Calls back until the returned function is called. */
  listen (listener: LogListener): () => void {
    this.#listeners.add(listener)
    return () => { this.#listeners.delete(listener) }
  }

  #grow (exchange: Exchange, bytes: number): boolean {
    const kept = this.#kept.get(exchange.id)
    if (kept === undefined) return false
    kept.bytes += bytes
    this.#totalBytes += bytes
    while (this.#totalBytes > this.limits.totalBytes && this.#kept.size > 0) this.#dropOldest()
    return this.#kept.has(exchange.id)
  }

  #dropOldest (): void {
    const [oldest, second] = this.#kept.keys()
    const dropped = oldest === this.#looksAt ? second ?? oldest : oldest
    if (dropped !== undefined) this.#drop(dropped)
  }

  #drop (id: number): void {
    const kept = this.#kept.get(id)
    this.#totalBytes -= kept?.bytes ?? 0
    this.#kept.delete(id)
    kept?.exchange.forget()
    if (this.#looksAt === id) this.#looksAt = undefined
    for (const { dropped } of this.#listeners) dropped(id)
  }

  #changed (exchange: Exchange): void {
    if (!this.#kept.has(exchange.id)) return
    for (const { changed } of this.#listeners) changed(exchange)
  }

  #count ({ caller, pod, intercept }: Origin): void {
    const key = [caller, pod, intercept].join(' ')
    const known = this.#counts.get(key)
    if (known !== undefined) {
      known.diverted++
      return
    }
    // Callers behind a pool of addresses: the oldest is the one that is least missed.
    const [oldest] = this.#counts.keys()
    if (this.#counts.size >= MAX_CALLERS && oldest !== undefined) this.#counts.delete(oldest)
    this.#counts.set(key, { caller, pod, intercept, diverted: 1 })
  }
}

const MAX_CALLERS = 1000
