import type { AppPort } from '../common/injected.ts'
import type { Family } from './app-dial.ts'
import type { Beat } from './beat.ts'

export type VerdictOptions = {
  readonly ports: readonly Pick<AppPort, 'port' | 'redirect'>[]
  readonly families: readonly Family[]
  readonly beat: Pick<Beat, 'arm' | 'disarm' | 'disarmAll'>
  /** A clock that never goes back. */
  readonly nowMs: () => number
  /** Dials the app and closes at once. What comes of it must be told by `dialSucceeded` or `dialFailed`. */
  readonly probeApp: (port: number, family: Family) => void
  /** What there is too much of, while there is: the reason, for the count. Asked with every tick. */
  readonly findStrain: () => string | undefined
  /** All ports were disarmed, for this reason. Told once for each time. */
  readonly onOverload: (reason: string) => void
  /** Dials a port of our own. What comes of it must be told by `selfTestSucceeded`, `acceptFailed` or `dialFailed`. */
  readonly selfTest: () => void
}

/** We have run out of something that every port needs. */
const EXHAUSTED: ReadonlySet<string> = new Set(['EMFILE', 'ENFILE', 'ENOMEM', 'ENOBUFS', 'EADDRNOTAVAIL'])

const PROBE_INTERVAL_MS = 1000
/**
 * An app that starts (or restarts) is ready a moment after it listens, and a connection that is opened before we are
 * armed stays direct for life, so in its first seconds we look much more often.
 */
const EAGER_PROBE_INTERVAL_MS = 50
const EAGER_FOR_MS = 30_000
const TICK_MS = 250
const WORKS_AGAIN_AFTER_MS = 1000

type Lane = {
  readonly port: number
  readonly family: Family
  wanted: boolean
  /** The app accepted our last dial. */
  accepted: boolean
  armed: boolean
  nextProbeMs: number
  /** Since when the app has not accepted. */
  refusingSinceMs: number
}

/** Whether one port and family is led to the proxy now. */
export type RedirectState = { readonly port: number, readonly family: Family, readonly armed: boolean }

/** Nothing is armed before the first `tick` has probed the app: a caller must not be the one who finds it missing. */
export function createVerdict (options: VerdictOptions): Verdict {
  return new Verdict(options)
}

/**
 * Decides what is armed. A port is redirected only while we can do what we promise: accept its callers, and reach an
 * app that accepts them. All of it is told from outside; the only thing it does by itself is to count time in `tick`.
 */
class Verdict {
  readonly #options: VerdictOptions
  readonly #lanes: readonly Lane[]
  #exhausted = false
  #worksSinceMs: number | undefined
  #stopped = false

  constructor (options: VerdictOptions) {
    this.#options = options
    const refusingSinceMs = options.nowMs()
    this.#lanes = options.ports.flatMap(({ port, redirect }) => options.families.map((family): Lane => ({
      port, family, wanted: redirect === 'always', accepted: false, armed: false, nextProbeMs: 0, refusingSinceMs
    })))
  }

  /** Each port and family, for those who ask what is armed. */
  get redirects (): readonly RedirectState[] {
    return this.#lanes.map(({ port, family, armed }) => ({ port, family, armed }))
  }

  /** An `on-demand` port is wanted while an intercept exists; an `always` port from the start. */
  setWanted (port: number, wanted: boolean): void {
    for (const lane of this.#lanesOf(port)) {
      lane.wanted = wanted
      this.#settle(lane)
      this.#probe(lane)
    }
  }

  /** Only an exhausted resource counts; a caller who left before we came to accept him is no news. */
  acceptFailed (errorCode: string): void {
    if (EXHAUSTED.has(errorCode)) this.#exhaust(errorCode)
  }

  /** There is still enough for those who are here, and not for more. */
  overloaded (reason: string): void {
    this.#exhaust(reason)
  }

  /** A refusal is the app's and disarms this port and family; an exhausted resource disarms everything. */
  dialFailed (port: number, family: Family, errorCode: string): void {
    if (EXHAUSTED.has(errorCode)) this.#exhaust(errorCode)
    if (errorCode !== 'ECONNREFUSED') return
    for (const lane of this.#lanesOf(port, family)) {
      if (lane.accepted) lane.refusingSinceMs = this.#options.nowMs()
      lane.accepted = false
      this.#settle(lane)
    }
  }

  dialSucceeded (port: number, family: Family): void {
    for (const lane of this.#lanesOf(port, family)) {
      lane.accepted = true
      this.#settle(lane)
    }
  }

  /** We accepted and dialled. After a second of nothing else, everything is as it was. */
  selfTestSucceeded (): void {
    const nowMs = this.#options.nowMs()
    this.#worksSinceMs ??= nowMs
    if (!this.#exhausted || nowMs - this.#worksSinceMs < WORKS_AGAIN_AFTER_MS) return
    this.#exhausted = false
    for (const lane of this.#lanes) this.#settle(lane)
  }

  isArmed (port: number, family: Family): boolean {
    return this.#lanesOf(port, family).some(lane => lane.armed)
  }

  /**
   * Call it at the start.
   *
   * @returns how many ms later to call it again.
   */
  tick (): number {
    const strain = this.#options.findStrain()
    if (strain !== undefined) this.#exhaust(strain)
    else if (this.#exhausted && !this.#stopped) this.#options.selfTest()
    for (const lane of this.#lanes) this.#probe(lane)
    return this.#lanes.some(lane => this.#isEager(lane)) ? EAGER_PROBE_INTERVAL_MS : TICK_MS
  }

  /** Disarms all for good: the process is about to end. */
  stop (): void {
    this.#stopped = true
    for (const lane of this.#lanes) lane.armed = false
    this.#options.beat.disarmAll()
  }

  #lanesOf (port: number, family?: Family): readonly Lane[] {
    return this.#lanes.filter(lane => lane.port === port && (family === undefined || lane.family === family))
  }

  #exhaust (reason: string): void {
    this.#worksSinceMs = undefined
    if (this.#exhausted || this.#stopped) return
    this.#exhausted = true
    this.#options.onOverload(reason)
    for (const lane of this.#lanes) this.#settle(lane)
  }

  /** The only place where something is armed or disarmed, and only when it changes. */
  #settle (lane: Lane): void {
    const arm = lane.wanted && lane.accepted && !this.#exhausted && !this.#stopped
    if (arm === lane.armed) return
    lane.armed = arm
    if (arm) this.#options.beat.arm(lane.port, lane.family)
    else this.#options.beat.disarm(lane.port, lane.family)
  }

  #isEager (lane: Lane): boolean {
    return lane.wanted && !lane.accepted && this.#options.nowMs() - lane.refusingSinceMs < EAGER_FOR_MS
  }

  /** Asks an app that has refused us, or never been asked, whether it accepts. */
  #probe (lane: Lane): void {
    const nowMs = this.#options.nowMs()
    if (!lane.wanted || lane.accepted || this.#exhausted || this.#stopped || nowMs < lane.nextProbeMs) return
    lane.nextProbeMs = nowMs + (this.#isEager(lane) ? EAGER_PROBE_INTERVAL_MS : PROBE_INTERVAL_MS)
    this.#options.probeApp(lane.port, lane.family)
  }
}

export type { Verdict }
