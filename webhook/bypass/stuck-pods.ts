import type { Subject } from '../subject.ts'
import type { Stuck } from './stuck.ts'

/** A pod of ours, as the watch of pods tells it. */
export type InjectedPod = {
  readonly uid: string
  readonly version: string
  readonly name: string
  /** The value of our label. */
  readonly id: string
  readonly subject: Subject
  /** Of our containers in it; by now the webhook may give out another. */
  readonly image: string
  readonly isDeleting: boolean
  readonly stuck?: Stuck
}

export type StuckPod = InjectedPod & { readonly stuck: Stuck }

/** `isFirst`: it was not named before, in whatever state. */
export type DuePod = StuckPod & { readonly isFirst: boolean }

/** Notices pods that have been kept from starting by our containers for a while. */
export type StuckPods = {
  readonly put: (pod: InjectedPod) => void
  readonly remove: (uid: string) => void
  /** These are all there are. */
  readonly reset: (pods: readonly InjectedPod[]) => void
  /** Those that have been stuck for long enough; one is named again only when it has changed since. */
  readonly takeDue: () => readonly DuePod[]
}

export const STUCK_FOR_MS = 20_000

type Known = { readonly pod: StuckPod, readonly sinceMs: number, readonly takenVersion?: string }

export function createStuckPods (monotonicMs: () => number): StuckPods {
  const known = new Map<string, Known>()
  // Of pods that are still there, also of those that came through for a moment.
  const taken = new Set<string>()
  const put = (pod: InjectedPod): void => {
    const { stuck, uid } = pod
    if (stuck === undefined || pod.isDeleting) known.delete(uid)
    else known.set(uid, { sinceMs: monotonicMs(), ...known.get(uid), pod: { ...pod, stuck } })
  }
  return {
    put,
    remove: uid => {
      known.delete(uid)
      taken.delete(uid)
    },
    reset: pods => {
      const uids = new Set(pods.map(({ uid }) => uid))
      for (const uid of known.keys()) if (!uids.has(uid)) known.delete(uid)
      for (const uid of taken) if (!uids.has(uid)) taken.delete(uid)
      pods.forEach(put)
    },
    takeDue: () => [...known.values()].flatMap(one => {
      if (monotonicMs() - one.sinceMs < STUCK_FOR_MS || one.takenVersion === one.pod.version) return []
      known.set(one.pod.uid, { ...one, takenVersion: one.pod.version })
      const isFirst = !taken.has(one.pod.uid)
      taken.add(one.pod.uid)
      return [{ ...one.pod, isFirst }]
    })
  }
}
