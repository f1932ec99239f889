import type { Logger } from '../../common/log.ts'
import { expiredForMs, leaseOf } from '../../intercepts/lease.ts'
import type { Intercept } from '../../intercepts/object.ts'
import { toWaylayError } from '../../common/errors.ts'
import type { Rhythm } from '../keep-looking.ts'

/** What the sweep needs from outside. */
export type SweepDeps = {
  /** Every Intercept there is, page by page. */
  readonly list: () => AsyncIterable<readonly Intercept[]>
  /** Deletes it as long as it is the very version that we saw. False when it is another by now, or gone. */
  readonly remove: (intercept: Intercept) => Promise<boolean>
  /** The API server's clock, ms since the epoch. */
  readonly serverNowMs: () => number
  /** Never jumps. */
  readonly monotonicMs: () => number
  readonly log: Logger
}

export const SWEEP_RHYTHM: Rhythm = {
  periodMs: 15_000,
  longestRetryMs: 120_000,
  failure: { event: 'sweep.failed', text: 'intercepts not looked at' }
}

/** An expired one is listed as such for this long, so that people see why theirs ended. */
const KEEP_MS = 60_000
// Nobody can renew while the API server is away: after an outage all of them look expired, for a moment.
const WATCHED_MS = 25_000

type Seen = { readonly version: string | undefined, readonly sinceMs: number }

/**
 * Returns a function that looks once at all Intercepts and deletes those which nobody has stood behind for a minute. It
 * counts only what it has seen unchanged for a while without a failure between, and deletes only the version it saw: so
 * several replicas do each other no harm, and one that is renewed or taken over at that moment stays.
 */
export function createSweep (deps: SweepDeps): () => Promise<void> {
  let seen: ReadonlyMap<string, Seen> = new Map()
  return async () => {
    const before = seen
    // A failure on the way forgets all: the time until the next look may have been an outage.
    seen = new Map()
    seen = await look(before, deps)
  }
}

async function look (before: ReadonlyMap<string, Seen>, deps: SweepDeps): Promise<ReadonlyMap<string, Seen>> {
  const nowMs = deps.monotonicMs()
  const seen = new Map<string, Seen>()
  for await (const page of deps.list()) {
    for (const intercept of page) {
      if (leaseOf(intercept, deps.serverNowMs()) === 'live') continue
      const { uid = '', resourceVersion: version } = intercept.metadata
      const known = before.get(uid)
      const sinceMs = known?.version === version && known !== undefined ? known.sinceMs : nowMs
      seen.set(uid, { version, sinceMs })
      const isDue = expiredForMs(intercept, deps.serverNowMs()) > KEEP_MS && nowMs - sinceMs >= WATCHED_MS
      if (isDue) await removeOne(intercept, deps)
    }
  }
  return seen
}

async function removeOne (intercept: Intercept, deps: SweepDeps): Promise<void> {
  const { metadata: { namespace, name }, spec: { workload, owner, fence } } = intercept
  const facts = { namespace, intercept: name, workload, owner, fence }
  try {
    const isRemoved = await deps.remove(intercept)
    if (!isRemoved) deps.log.info({ event: 'intercept.spared', ...facts }, 'expired intercept changed meanwhile, spared')
    else {
      const expiredForSeconds = Math.round(expiredForMs(intercept, deps.serverNowMs()) / 1000)
      deps.log.info({ event: 'intercept.swept', ...facts, expiredForSeconds }, 'expired intercept deleted')
    }
  } catch (error) {
    // One that cannot be deleted must not keep the others alive.
    deps.log.warn({ event: 'intercept.sweep-failed', ...facts, err: toWaylayError(error) }, 'expired intercept not deleted')
  }
}
