import { toWaylayError } from '../../common/errors.ts'
import type { Logger } from '../../common/log.ts'
import type { Told } from '../events/event.ts'
import type { Sink } from '../facts/follow.ts'
import type { Subject } from '../subject.ts'
import { createAppearances, type AppearanceDeps, type Expected } from './appearances.ts'
import type { Bypasses } from './bypasses.ts'
import type { BypassEntry } from './record.ts'
import { createStuckPods, type DuePod, type InjectedPod, type StuckPod } from './stuck-pods.ts'

export type GuardDeps = Pick<AppearanceDeps, 'listIds' | 'hasPod' | 'takesPods' | 'monotonicMs'> & {
  readonly bypasses: Bypasses
  /** Deletes the very version that was seen; false when it is another by now, or gone. */
  readonly deletePod: (pod: StuckPod) => Promise<boolean>
  readonly tell: (told: Told) => void
  readonly onTrouble: (kind: 'refused' | 'stuck' | 'deleted') => void
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>
  readonly log: Logger
}

/** Sees to it that an app starts whoever refuses our containers, or whatever keeps them from starting. */
export type Guard = {
  /** A patch was sent for this pod. */
  readonly expect: (expected: Expected) => void
  /** The patch was taken back, by the value of the pod's label: it will appear without us. */
  readonly forget: (id: string) => void
  /** Takes what the watch of our pods says. */
  readonly pods: Sink<InjectedPod>
  /** Whether the watch of our pods tells of all: without it nothing is noticed. */
  readonly isWatching: () => boolean
  /** Looks again and again until the signal fires. Never rejects. */
  readonly run: (signal: AbortSignal) => Promise<void>
}

/** What became of troubles that may turn out to be none, by the pod's label. */
type Added = Map<string, Promise<BypassEntry | undefined>>

const MAX_ADDED = 1000
const LOOK_EVERY_MS = 200
/** Between a record and a deletion: the successor may be admitted by the other replica, which must know by then. */
const SPREAD_MS = 500
/** A person tries again soon, and may have mended what was wrong with the pod itself. */
const BARE_BYPASS_MS = 2 * 60_000
const NEVER = new AbortController().signal
export const REFUSED = 'a pod was refused with waylay\'s containers in it (a quota or a policy)'

export function createGuard (deps: GuardDeps): Guard {
  const added: Added = new Map()
  const appearances = createAppearances({
    ...deps,
    pause: ms => deps.wait(ms, NEVER),
    onRefused: expected => { void onRefused(expected, added, deps) },
    onLate: expected => { void onLate(expected, added, deps) }
  })
  const stuck = createStuckPods(deps.monotonicMs)
  return {
    expect: appearances.expect,
    forget: appearances.seen,
    pods: {
      reset: pods => {
        for (const { id } of pods) appearances.seen(id)
        appearances.restart()
        stuck.reset(pods)
      },
      put: pod => {
        appearances.seen(pod.id)
        stuck.put(pod)
      },
      remove: pod => {
        appearances.seen(pod.id)
        stuck.remove(pod.uid)
      },
      setCurrent: appearances.setCurrent
    },
    isWatching: appearances.isCurrent,
    run: async signal => {
      while (!signal.aborted) {
        await deps.wait(LOOK_EVERY_MS, signal)
        // Not waited for: a slow answer about one namespace must not delay what the next ones need.
        void appearances.look()
        for (const pod of stuck.takeDue()) void free(pod, deps, signal)
      }
    }
  }
}

async function onRefused (expected: Expected, added: Added, deps: GuardDeps): Promise<void> {
  const { subject, id } = expected
  deps.onTrouble('refused')
  deps.log.warn({ event: 'pod.refused', ...facts(subject), admission: id }, 'a pod with our containers never appeared')
  const trouble = { namespace: subject.namespace, workload: subject.workload, why: REFUSED }
  const adding = deps.bypasses.add(subject.isBare ? { ...trouble, firstMs: BARE_BYPASS_MS } : trouble)
  added.set(id, adding)
  for (const oldest of added.keys()) if (added.size > MAX_ADDED) added.delete(oldest)
  // It may have come while that was written.
  if (await adding === undefined || !added.has(id)) return
  deps.tell({ subject, reason: 'WaylayBypassed', message: `waylay: ${REFUSED}; the next one comes without them` })
}

async function onLate ({ id, subject }: Expected, added: Added, deps: GuardDeps): Promise<void> {
  deps.log.info({ event: 'pod.late', ...facts(subject) }, 'a pod appeared late, it was not refused')
  const adding = added.get(id)
  added.delete(id)
  const entry = await adding
  // That of a whole namespace stands for other pods as well.
  if (entry?.workload !== undefined) await deps.bypasses.takeBack(entry)
}

/**
 * Records first, so that the successor comes without us, then deletes the pod if somebody makes a successor. A pod is
 * recorded once, or one that nobody deletes would keep its namespace without us for ever; its deletion is tried again.
 */
async function free (pod: DuePod, deps: GuardDeps, signal: AbortSignal): Promise<void> {
  const { subject, isFirst, stuck: { container, reason } } = pod
  const why = `${container} cannot start (${reason})`
  try {
    if (isFirst) await recordStuck(pod, why, deps)
    if (subject.isBare) return
    await deps.wait(SPREAD_MS, signal)
    const isDeleted = await deps.deletePod(pod)
    if (!isDeleted) return
    deps.onTrouble('deleted')
    deps.log.warn({ event: 'pod.freed', ...facts(subject), pod: pod.name, container, reason }, 'stuck pod deleted')
    const message = `waylay: ${why}; pod ${pod.name} was deleted, its successor comes without waylay`
    deps.tell({ subject, reason: 'WaylayPodDeleted', message })
  } catch (error) {
    deps.log.warn({ event: 'pod.stuck', ...facts(subject), pod: pod.name, err: toWaylayError(error) }, 'pod still stuck')
  }
}

async function recordStuck ({ subject, image, stuck }: StuckPod, why: string, deps: GuardDeps): Promise<void> {
  const trouble = { namespace: subject.namespace, why, image }
  deps.onTrouble('stuck')
  await deps.bypasses.add({ ...trouble, workload: subject.workload })
  if (stuck.isCommon) await deps.bypasses.add(trouble)
  if (!subject.isBare) return
  const message = `waylay: ${why} in this pod; delete it and create it again, it comes without waylay then`
  deps.tell({ subject, reason: 'WaylayStuck', message })
}

function facts ({ namespace, workload }: Subject): object {
  return { namespace, workload }
}
