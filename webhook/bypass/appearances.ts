import { toWaylayError } from '../../common/errors.ts'
import type { Logger } from '../../common/log.ts'
import type { Subject } from '../subject.ts'

/** A pod that we have patched and the API server has yet to store. */
export type Expected = {
  /** The value of its label. */
  readonly id: string
  readonly subject: Subject
  /** Where the pod came with one: a pod of that name may exist already, and that is no refusal. */
  readonly name?: string
}

export type AppearanceDeps = {
  /** Asks the API server itself. */
  readonly listIds: (namespace: string, ids: readonly string[]) => Promise<readonly string[]>
  readonly hasPod: (namespace: string, name: string) => Promise<boolean>
  /** False for one that is being deleted: it takes no pods, whatever is in them. */
  readonly takesPods: (namespace: string) => Promise<boolean>
  readonly onRefused: (expected: Expected) => void
  /** One that was counted as refused has come after all. */
  readonly onLate: (expected: Expected) => void
  readonly monotonicMs: () => number
  readonly pause: (ms: number) => Promise<void>
  readonly log: Logger
}

/** Notices that a pod which we patched never appeared: somebody else refused it. */
export type Appearances = {
  readonly expect: (expected: Expected) => void
  /** Its label was seen on a pod, or on one that is gone. */
  readonly seen: (id: string) => void
  /** Whether the watch of pods is open. One that ends goes on where it was; nothing is concluded meanwhile. */
  readonly setCurrent: (isCurrent: boolean) => void
  /** The watch has begun anew: what pods came and went before is nobody's guess. */
  readonly restart: () => void
  readonly isCurrent: () => boolean
  /** Looks at those that should be there by now. Never rejects. */
  readonly look: () => Promise<void>
}

/** Controllers try again within milliseconds, so this is most of the delay; other webhooks after us take their time. */
export const APPEARS_WITHIN_MS = 1000
/** Asked again after this: an API server that was short of time answers a question before it stores a pod. */
const CONFIRM_AFTER_MS = 300
const MAX_EXPECTED = 20_000
const MAX_REFUSED = 1000
/** Ids in one question: a selector stands in the URL. */
const PAGE_IDS = 50

type Pending = Expected & { readonly atMs: number }

export function createAppearances (deps: AppearanceDeps): Appearances {
  // In the order of their admission.
  const pending = new Map<string, Pending>()
  const refused = new Map<string, Expected>()
  let isCurrent = false
  // Namespaces that the API server is being asked about: a slow answer holds up its own namespace alone.
  const busy = new Set<string>()
  const conclude = (page: readonly Pending[], missing: readonly Pending[]): void => {
    // Asked again once the watch goes on.
    if (!isCurrent) return
    for (const expected of missing) {
      // It may have come while we asked.
      if (!pending.has(expected.id)) continue
      refused.set(expected.id, expected)
      trim(refused, MAX_REFUSED)
      deps.onRefused(expected)
    }
    for (const { id } of page) pending.delete(id)
  }
  return {
    expect: expected => {
      if (!isCurrent) return
      pending.set(expected.id, { ...expected, atMs: deps.monotonicMs() })
      trim(pending, MAX_EXPECTED)
    },
    seen: id => {
      pending.delete(id)
      const late = refused.get(id)
      if (late === undefined) return
      refused.delete(id)
      deps.onLate(late)
    },
    setCurrent: value => { isCurrent = value },
    restart: () => { pending.clear() },
    isCurrent: () => isCurrent,
    look: async () => {
      if (!isCurrent) return
      const due = [...takeDue(pending, deps.monotonicMs())].filter(([namespace]) => !busy.has(namespace))
      await Promise.all(due.map(async ([namespace, page]) => {
        busy.add(namespace)
        conclude(page, await findMissing(namespace, page, deps))
        busy.delete(namespace)
      }))
    }
  }
}

function takeDue (pending: ReadonlyMap<string, Pending>, nowMs: number): ReadonlyMap<string, readonly Pending[]> {
  const due = new Map<string, Pending[]>()
  for (const expected of pending.values()) {
    if (nowMs - expected.atMs < APPEARS_WITHIN_MS) break
    const { namespace } = expected.subject
    const page = due.get(namespace) ?? []
    if (page.length < PAGE_IDS) page.push(expected)
    due.set(namespace, page)
  }
  return due
}

/** Those that the API server does not have and could have. */
async function findMissing (
  namespace: string, page: readonly Pending[], deps: AppearanceDeps
): Promise<readonly Pending[]> {
  try {
    const looked = await withoutThere(namespace, page, deps)
    if (looked.length > 0) await deps.pause(CONFIRM_AFTER_MS)
    const missing = await withoutThere(namespace, looked, deps)
    if (missing.length === 0 || !await deps.takesPods(namespace)) return []
    const taken = await Promise.all(missing.map(async ({ name }) =>
      name !== undefined && await deps.hasPod(namespace, name)))
    return missing.filter((_, index) => taken[index] === false)
  } catch (error) {
    // Without an answer nothing is concluded; the owner's next try brings the next chance.
    deps.log.warn({ event: 'pod.unknown', namespace, err: toWaylayError(error) }, 'not known whether a pod appeared')
    return []
  }
}

async function withoutThere (
  namespace: string, page: readonly Pending[], { listIds }: AppearanceDeps
): Promise<readonly Pending[]> {
  if (page.length === 0) return page
  const there = new Set(await listIds(namespace, page.map(({ id }) => id)))
  return page.filter(({ id }) => !there.has(id))
}

function trim (map: Map<string, unknown>, size: number): void {
  for (const key of map.keys()) {
    if (map.size <= size) return
    map.delete(key)
  }
}
