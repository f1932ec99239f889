import type { WaylayError } from '../../../common/errors.ts'
import type { Pod } from '../../cluster/pods.ts'
import type { ListOf } from '../../cluster/watch.ts'
import type { Workload } from '../../cluster/workload.ts'
import { pause, type StandClock } from '../../clock.ts'

export type WorkloadPodsDeps = {
  readonly list: (workload: Workload) => Promise<ListOf<Pod>>
  /** Follows the pods until the signal. */
  readonly follow: (workload: Workload, options: {
    readonly from: ListOf<Pod>
    readonly signal: AbortSignal
    readonly onChange: (pods: ReadonlyMap<string, Pod>) => void
    readonly onTrouble: (error: WaylayError) => void
  }) => Promise<void>
  /** The workload of that id as it is now; undefined when there is none. */
  readonly find: (workload: Workload) => Promise<Workload | undefined>
  readonly clock: StandClock
  readonly onNote: (line: string) => void
}

/** A new pod is to be covered within 2 s of running, also that of a workload that was made anew. */
const LOOK_AGAIN_MS = 1000

/** The pods of one workload, followed once for all intercepts on it. */
export class WorkloadPods {
  readonly #deps: WorkloadPodsDeps
  readonly #signal: AbortSignal
  readonly #listeners = new Set<(pods: readonly Pod[]) => void>()
  #workload: Workload
  #following: AbortController | undefined
  #isLooking = false
  #isTroubled = false
  #pods: readonly Pod[]

  readonly #listed: ListOf<Pod>

  /** @param listed the pods as they were found. @param signal ends the following. */
  constructor (workload: Workload, listed: ListOf<Pod>, deps: WorkloadPodsDeps, signal: AbortSignal) {
    this.#workload = workload
    this.#listed = listed
    this.#pods = listed.items
    this.#deps = deps
    this.#signal = signal
  }

  get isFollowed (): boolean {
    return this.#listeners.size > 0
  }

  /** Calls back at each change from now on, until the returned function is called. */
  subscribe (listener: (pods: readonly Pod[]) => void): () => void {
    this.#listeners.add(listener)
    if (this.#following === undefined) this.#follow(this.#listed)
    return () => {
      this.#listeners.delete(listener)
      if (this.#listeners.size > 0) return
      this.#following?.abort()
      this.#following = undefined
    }
  }

  #follow (from: ListOf<Pod>): void {
    if (this.#signal.aborted || this.#listeners.size === 0) return
    const following = new AbortController()
    this.#following = following
    void this.#deps.follow(this.#workload, {
      from,
      signal: AbortSignal.any([this.#signal, following.signal]),
      onChange: pods => {
        this.#isTroubled = false
        this.#tell([...pods.values()])
      },
      onTrouble: error => {
        // Each try fails the same way: said once.
        if (!this.#isTroubled) this.#deps.onNote(`Warning: cannot watch the pods: ${error.message}`)
        this.#isTroubled = true
      }
    })
  }

  #tell (pods: readonly Pod[]): void {
    this.#pods = pods
    for (const listener of this.#listeners) listener(pods)
    if (pods.length === 0 && !this.#isLooking) void this.#look()
  }

  /** A workload that is made anew may select its pods by other labels. */
  async #look (): Promise<void> {
    this.#isLooking = true
    const { clock, find, list, onNote } = this.#deps
    const { id } = this.#workload
    let isTold = false
    while (this.#pods.length === 0 && !this.#signal.aborted && this.#listeners.size > 0) {
      const found = await find(this.#workload).catch(() => this.#workload)
      if (found === undefined && !isTold) {
        onNote(`${id} is gone. The intercept stays, and covers its pods when it comes back.`)
        isTold = true
      }
      if (found !== undefined && isTold) {
        onNote(`${id} is there again.`)
        isTold = false
      }
      if (found !== undefined && found.podQuery !== this.#workload.podQuery) await this.#change(found, list)
      await pause(clock, LOOK_AGAIN_MS, this.#signal)
    }
    // Its pods may be seen before it is.
    if (isTold && this.#pods.length > 0) onNote(`${id} is there again.`)
    this.#isLooking = false
  }

  async #change (workload: Workload, list: WorkloadPodsDeps['list']): Promise<void> {
    const from = await list(workload).catch(() => undefined)
    if (from === undefined) return
    this.#workload = workload
    this.#following?.abort()
    this.#follow(from)
    this.#tell(from.items)
  }
}
