import { WaylayError } from '../../../common/errors.ts'
import { LOSS } from '../../../common/contract.ts'
import type { StandClock } from '../../clock.ts'
import type { PodState } from '../session/pod-intercept.ts'
import type { PodRef } from '../session/session-pool.ts'

export type CoverageDeps = {
  /** Puts the intercept on the pod. */
  readonly join: (pod: PodRef, onState: (state: PodState) => void) => void
  /** Takes it off again. Never rejects. */
  readonly leave: (pod: PodRef) => Promise<void>
  /** The number of diverting or of running pods changed, after the first time all of them had answered. */
  readonly onCount: (diverting: number, running: number) => void
  /** A pod refuses, while others may not. Once for each pod. */
  readonly onRefused: (pod: string, error: WaylayError) => void
  /** All pods refuse, and will go on to. */
  readonly onAllRefused: (error: WaylayError) => void
  readonly clock: StandClock
  readonly readyTimeoutMs: number
}

// A rollout changes the numbers many times a second.
const COUNT_SETTLES_MS = 1000

type Entry = { readonly pod: PodRef, state: PodState, isTold: boolean }

/** On which pods one intercept is, and whether that is all of them. */
export class Coverage {
  readonly #deps: CoverageDeps
  readonly #entries = new Map<string, Entry>()
  readonly #first = Promise.withResolvers<number>()
  readonly #cancelReady: () => void
  #cancelCount = (): void => {}
  #cancelRefused: (() => void) | undefined
  #isFirstOver = false
  /** uids of pods that may be dialled now. */
  #ready: ReadonlySet<string> = new Set()
  #shownCount = ''
  #lastError: WaylayError | undefined

  constructor (deps: CoverageDeps) {
    this.#deps = deps
    this.#cancelReady = deps.clock.after(deps.readyTimeoutMs, () => { this.#settle(true) })
    // Nobody may be waiting yet when it fails.
    this.#first.promise.catch(() => {})
  }

  /**
   * Settles once every pod of the moment has answered and one diverts, with the number of those that do; after the
   * timeout also when some have not answered.
   *
   * @throws {WaylayError} the last failure, when none diverts.
   */
  get allDiverting (): Promise<number> {
    return this.#first.promise
  }

  /** Every pod, and where the intercept stands on it. */
  get pods (): readonly { readonly pod: PodRef, readonly state: PodState['kind'] }[] {
    return [...this.#entries.values()].map(({ pod, state }) => ({ pod, state: state.kind }))
  }

  get running (): number {
    return this.#entries.size
  }

  get diverting (): number {
    return this.#count('diverting')
  }

  /** Covers new pods and drops those that are gone: `ready` are covered, those in `alive` stay as long as they last. */
  update (ready: readonly PodRef[], alive: ReadonlySet<string>): void {
    this.#ready = new Set(ready.map(({ uid }) => uid))
    for (const pod of ready) {
      if (this.#entries.has(pod.uid)) continue
      this.#entries.set(pod.uid, { pod, state: { kind: 'opening' }, isTold: false })
      this.#deps.join(pod, state => { this.#receive(pod.uid, state) })
    }
    for (const { pod, state } of [...this.#entries.values()]) {
      if (!alive.has(pod.uid) || (state.kind === 'broken' && !this.#ready.has(pod.uid))) this.#drop(pod)
    }
    this.#check()
  }

  /** Takes the intercept off all pods. Never rejects. */
  async stop (): Promise<void> {
    this.#cancelReady()
    this.#cancelCount()
    this.#cancelRefused?.()
    const pods = [...this.#entries.values()].map(({ pod }) => pod)
    this.#entries.clear()
    await Promise.all(pods.map(async pod => { await this.#deps.leave(pod) }))
  }

  #receive (uid: string, state: PodState): void {
    const entry = this.#entries.get(uid)
    if (entry === undefined) return
    entry.state = state
    if (state.kind === 'broken' || state.kind === 'refused') this.#lastError = state.error
    // A pod on its way out keeps its session while that lasts: callers may still be connected to it.
    if (state.kind === 'broken' && !this.#ready.has(uid)) this.#drop(entry.pod)
    this.#check()
    if (state.kind === 'diverting') entry.isTold = false
    if (state.kind === 'refused' && this.#isFirstOver) this.#tellRefusal(entry)
  }

  #drop (pod: PodRef): void {
    this.#entries.delete(pod.uid)
    void this.#deps.leave(pod)
  }

  #check (): void {
    if (this.#isFirstOver) {
      this.#show()
      this.#watchRefusals()
    } else {
      this.#settle(false)
    }
  }

  /** The first time: waits for everybody, but not for ever. */
  #settle (isLate: boolean): void {
    if (this.#isFirstOver || (this.running === 0 && !isLate)) return
    const { diverting, running } = this
    const refused = this.#count('refused')
    if (diverting + refused < running && !isLate) return
    this.#isFirstOver = true
    this.#cancelReady()
    if (diverting === 0) {
      this.#first.reject(this.#lastError ?? new WaylayError('WAYLAY_TUNNEL_FAILED', 'No pod answered through the tunnel'))
      return
    }
    this.#shownCount = `${diverting}/${running}`
    for (const entry of this.#entries.values()) if (entry.state.kind === 'refused') this.#tellRefusal(entry)
    this.#first.resolve(diverting)
  }

  #tellRefusal (entry: Entry): void {
    if (entry.isTold || entry.state.kind !== 'refused') return
    entry.isTold = true
    this.#deps.onRefused(entry.pod.name, entry.state.error)
  }

  /** Told is what lasts, and at once only that all divert. */
  #show (): void {
    const { diverting, running } = this
    const count = `${diverting}/${running}`
    this.#cancelCount()
    if (count === this.#shownCount) return
    const tell = (): void => {
      this.#shownCount = count
      this.#deps.onCount(diverting, running)
    }
    if (diverting === running) tell()
    else this.#cancelCount = this.#deps.clock.after(COUNT_SETTLES_MS, tell)
  }

  /** Credentials that are renewed and an API server that starts again refuse everything for a moment. */
  #watchRefusals (): void {
    const all = this.running > 0 && this.#count('refused') === this.running
    if (!all) {
      this.#cancelRefused?.()
      this.#cancelRefused = undefined
      return
    }
    this.#cancelRefused ??= this.#deps.clock.after(LOSS.endMs, () => {
      if (this.#lastError !== undefined) this.#deps.onAllRefused(this.#lastError)
    })
  }

  #count (kind: PodState['kind']): number {
    let count = 0
    for (const { state } of this.#entries.values()) if (state.kind === kind) count++
    return count
  }
}
