import { WaylayError } from '../../common/errors.ts'
import type { PodSession, PodSessionState } from './pod-session.ts'

export type PodSessionsDeps = {
  /** Opens a session to the pod and keeps it open until it is stopped. */
  readonly open: (pod: string, onState: (state: PodSessionState) => void) => PodSession
  /** Called when the number of diverting or of running pods changed, after the first time all of them diverted. */
  readonly onCount: (diverting: number, running: number) => void
  /** A failure that trying again does not cure. */
  readonly onFatal: (error: WaylayError) => void
  readonly readyTimeoutMs: number
}

const COUNT_SETTLES_MS = 1000

type Entry = { readonly session: PodSession, state: PodSessionState }

/** One session for each running pod of the workload. */
export class PodSessions {
  readonly #deps: PodSessionsDeps
  readonly #entries = new Map<string, Entry>()
  readonly #first = Promise.withResolvers<number>()
  readonly #timer: NodeJS.Timeout
  #isFirstOver = false
  /** Pods that may be dialled now. */
  #ready: ReadonlySet<string> = new Set()
  #shownCount = ''
  #countTimer: NodeJS.Timeout | undefined
  #lastError: WaylayError | undefined

  constructor (deps: PodSessionsDeps) {
    this.#deps = deps
    this.#timer = setTimeout(() => { this.#check(true) }, deps.readyTimeoutMs)
    // Nobody may be waiting yet when it fails.
    this.#first.promise.catch(() => {})
  }

  /**
   * Settles once every session of the moment diverts, with their number; after the timeout also when only some do.
   *
   * @throws {WaylayError} the last failure, when none does.
   */
  get allDiverting (): Promise<number> {
    return this.#first.promise
  }

  /** Opens sessions to new pods and drops those whose pods are gone: `ready` get one, those in `alive` keep theirs. */
  update (ready: readonly string[], alive: ReadonlySet<string>): void {
    this.#ready = new Set(ready)
    for (const pod of ready) {
      if (this.#entries.has(pod)) continue
      const session = this.#deps.open(pod, state => { this.#receive(pod, state) })
      this.#entries.set(pod, { state: { kind: 'opening' }, session })
    }
    for (const [pod, { state }] of this.#entries) {
      if (!alive.has(pod) || (state.kind === 'broken' && !this.#ready.has(pod))) this.#drop(pod)
    }
    this.#check(false)
  }

  /** Ends all sessions, orderly. */
  async stop (): Promise<void> {
    clearTimeout(this.#timer)
    clearTimeout(this.#countTimer)
    const sessions = [...this.#entries.values()].map(({ session }) => session)
    this.#entries.clear()
    await Promise.all(sessions.map(async session => { await session.stop() }))
  }

  #receive (pod: string, state: PodSessionState): void {
    const entry = this.#entries.get(pod)
    if (entry === undefined) return
    entry.state = state
    if (state.kind === 'broken') this.#lastError = state.error
    if (state.kind === 'refused') this.#deps.onFatal(state.error)
    // A pod on its way out keeps its session while that lasts: callers may still be connected to it.
    if (state.kind === 'broken' && !this.#ready.has(pod)) this.#drop(pod)
    this.#check(false)
  }

  #drop (pod: string): void {
    void this.#entries.get(pod)?.session.stop()
    this.#entries.delete(pod)
  }

  /** A rollout changes the numbers many times a second: told is what lasts, and at once only that all divert. */
  #show (count: string, diverting: number, running: number): void {
    clearTimeout(this.#countTimer)
    if (count === this.#shownCount) return
    const tell = (): void => {
      this.#shownCount = count
      this.#deps.onCount(diverting, running)
    }
    if (diverting === running) tell()
    else this.#countTimer = setTimeout(tell, COUNT_SETTLES_MS)
  }

  #check (isLate: boolean): void {
    const running = this.#entries.size
    const diverting = [...this.#entries.values()].filter(({ state }) => state.kind === 'diverting').length
    const count = `${diverting}/${running}`
    if (this.#isFirstOver) {
      this.#show(count, diverting, running)
    } else if (running > 0 && (diverting === running || (isLate && diverting > 0))) {
      this.#isFirstOver = true
      this.#shownCount = count
      clearTimeout(this.#timer)
      this.#first.resolve(diverting)
    } else if (isLate) {
      this.#first.reject(this.#lastError ?? new WaylayError('WAYLAY_TUNNEL_FAILED', 'No pod answered through the tunnel'))
    }
  }
}
