import { toWaylayError } from '../../common/errors.ts'
import type { WaylayCode } from '../../common/failures.ts'
import { leaseOf } from '../../intercepts/lease.ts'
import type { Intercept } from '../../intercepts/object.ts'
import { untilAborted } from '../until-aborted.ts'
import { pause, type StandClock } from '../clock.ts'
import type { StandingIntercept } from '../intercept/standing/standing-intercept.ts'
import type { Wish } from '../intercept/standing/wish.ts'
import type { FileIntercept } from '../project-file/project-file.ts'

/** What a companion needs of an intercept that stands. */
export type Kept = Pick<StandingIntercept, 'name' | 'namespace' | 'workload' | 'port' | 'error' | 'held' | 'stop'>

export type CompanionRunDeps<I extends Kept> = {
  /** Looks anew each time. @param takeOver `own`: from a process of this very account. */
  readonly find: (file: FileIntercept, takeOver: 'own' | false) => Promise<readonly Wish[]>
  readonly stand: (wishes: readonly Wish[]) => Promise<readonly I[]>
  /** The object as it is now; undefined when it is gone. */
  readonly read: (intercept: I) => Promise<Intercept | undefined>
  /** The API server's clock, ms since the epoch. */
  readonly serverNowMs: () => number
  readonly note: (line: string) => void
  readonly clock: StandClock
}

/** A pod of the original may be there any moment, or not before tomorrow. */
const FIRST_PAUSE_MS = 500
const LAST_PAUSE_MS = 5000
/** Where the environment is deleted, this process is ended within this. */
const GONE_PAUSE_MS = 5000
const LOOK_MS = 2000
/** So often it may take from a predecessor what it then cannot hold. */
const MAX_TAKES = 5
/** After these a predecessor still has what it had. */
const NOTHING_TAKEN: ReadonlySet<WaylayCode> = new Set(['WAYLAY_NO_CLUSTER', 'WAYLAY_INSTALL_FAILED', 'WAYLAY_CONFLICT'])

/**
 * Keeps intercepts standing for as long as it runs. What cannot stand is tried again; what a successor took over is
 * left to it, and taken again only when nobody holds it any more: two of these never fight.
 */
export class CompanionRun<I extends Kept = StandingIntercept> {
  readonly #deps: CompanionRunDeps<I>
  readonly #stopped = new AbortController()
  readonly #lost = new Map<Kept, () => void>()
  #waiting = Infinity

  constructor (deps: CompanionRunDeps<I>) {
    this.#deps = deps
  }

  /** Whether each of them has stood. */
  get isReady (): boolean {
    return this.#waiting === 0
  }

  /** An intercept ended by itself. */
  lost (intercept: Kept): void {
    this.#lost.get(intercept)?.()
  }

  stop (): void {
    this.#stopped.abort()
  }

  /** Resolves once it is stopped. Never rejects. */
  async keep (files: readonly FileIntercept[]): Promise<void> {
    this.#waiting = files.length
    // What is still under way then ends with the process.
    await untilAborted(this.#stopped.signal, Promise.all(files.map(async file => { await this.#keepOne(file) })))
      .catch(() => {})
  }

  async #keepOne (file: FileIntercept): Promise<void> {
    const { clock, find, stand, note } = this.#deps
    const { signal } = this.#stopped
    let takes = MAX_TAKES
    let pauseMs = FIRST_PAUSE_MS
    let [hasStood, isFound, said] = [false, false, '']
    while (!signal.aborted) {
      try {
        isFound = false
        // From a predecessor until it has stood, and from nobody later: whoever has it by then came after us.
        const wishes = await find(file, takes > 0 ? 'own' : false)
        isFound = true
        const standing = await stand(wishes)
        takes = 0
        if (!hasStood) this.#waiting--
        hasStood = true
        pauseMs = FIRST_PAUSE_MS
        said = ''
        await this.#untilOver(standing)
      } catch (error) {
        const { code, message } = toWaylayError(error)
        if (isFound && !NOTHING_TAKEN.has(code)) takes--
        if (!signal.aborted && message !== said) note(`${file.name}: not yet: ${message}`)
        said = message
        await pause(clock, pauseMs, signal)
        pauseMs = Math.min(pauseMs * 2, LAST_PAUSE_MS)
      }
    }
  }

  /** Until one of them is to be made anew; by then all of them are ended. */
  async #untilOver (standing: readonly I[]): Promise<void> {
    const { clock } = this.#deps
    const { signal } = this.#stopped
    const lost = await this.#firstLost(standing)
    if (lost === undefined) return
    const isGone = await this.#untilFree(lost)
    if (signal.aborted) return
    await Promise.all(standing.map(async intercept => { await intercept.stop() }))
    if (isGone) await pause(clock, GONE_PAUSE_MS, signal)
  }

  /** Undefined: it was stopped before. */
  async #firstLost (standing: readonly I[]): Promise<I | undefined> {
    const { signal } = this.#stopped
    const { promise, resolve } = Promise.withResolvers<I | undefined>()
    signal.addEventListener('abort', () => { resolve(undefined) }, { once: true })
    if (signal.aborted) resolve(undefined)
    for (const intercept of standing) {
      this.#lost.set(intercept, () => { resolve(intercept) })
      // While the others were still on their way.
      if (intercept.error !== undefined) resolve(intercept)
    }
    const lost = await promise
    for (const intercept of standing) this.#lost.delete(intercept)
    return lost
  }

  /**
   * Waits while somebody else holds it. Until then its routes are left as they are: each pod goes over to the successor
   * by itself, and none is without one.
   *
   * @returns whether it was deleted.
   */
  async #untilFree (intercept: I): Promise<boolean> {
    const { clock, read, serverNowMs, note } = this.#deps
    const { signal } = this.#stopped
    const own = (await intercept.held()).spec.sessionKey
    let isTold = false
    while (!signal.aborted) {
      const object = await read(intercept).catch(() => 'unknown' as const)
      if (object === undefined) return true
      if (object !== 'unknown') {
        if (object.spec.sessionKey === own || leaseOf(object, serverNowMs()) === 'expired') return false
        if (!isTold) note(`${intercept.workload} port ${intercept.port} is held by ${object.spec.host ?? 'another'} now; standing by.`)
        isTold = true
      }
      await pause(clock, LOOK_MS, signal)
    }
    return false
  }
}
