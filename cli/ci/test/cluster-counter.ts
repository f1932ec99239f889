import { LOSS } from '../../../common/contract.ts'
import { toWaylayError, WaylayError } from '../../../common/errors.ts'
import { leaseOf } from '../../../intercepts/lease.ts'
import type { Intercept } from '../../../intercepts/object.ts'
import { pause, type StandClock } from '../../clock.ts'
import { followIntercept, getIntercept } from '../../cluster/intercepts.ts'
import type { Cluster } from '../../cluster/kubeconfig.ts'
import type { Count, Counted, Counter } from './count.ts'
import { Tally } from './tally.ts'

/** A holder writes what it counted within a second; the rest is the way there. */
const FLUSH_MS = 1500
/** One that has nothing to tell says so at its next renewal. */
const LAST_WORD_MS = LOSS.renewMs + 2000
const LOOK_MS = 500

/**
 * Counts by the status of Intercepts that somebody else holds: looked at first, watched, and looked at again.
 *
 * @throws {WaylayError} `WAYLAY_FORBIDDEN`, before anything is run; `WAYLAY_INTERCEPT_UNKNOWN` where one is not there
 *   or nobody holds it.
 */
export async function countInCluster (
  cluster: Cluster, all: readonly Counted[], clock: StandClock
): Promise<Counter> {
  const ended = new AbortController()
  const tallies = await Promise.all(all.map(async counted => {
    const tally = new Tally()
    const object = await requireHeld(cluster, counted)
    tally.see(object)
    void followIntercept(cluster, object, {
      signal: ended.signal,
      onChange: seen => { tally.see(seen) },
      // Who may not watch has the look at the end.
      onTrouble: () => {}
    })
    return { counted, tally }
  }))
  const look = async (): Promise<readonly (Intercept | undefined)[]> => await Promise.all(
    tallies.map(async ({ counted, tally }) => {
      const object = await getIntercept(cluster, counted.namespace, counted.intercept)
      tally.see(object)
      return object
    }))
  const counts = (): readonly Count[] => tallies.map(({ counted, tally }) => ({ ...counted, requests: tally.requests }))
  return {
    async settle (areEnough) {
      const endedMs = cluster.serverNowMs()
      const startMs = clock.now()
      await pause(clock, FLUSH_MS, ended.signal)
      for (;;) {
        // An API server that is away for a moment fails no tests.
        const objects = await look().catch((error: unknown) => toWaylayError(error))
        if (areEnough(counts())) return counts()
        const isLate = clock.now() - startMs > LAST_WORD_MS
        if (objects instanceof WaylayError) {
          if (isLate) throw objects
        } else if (isLate || objects.every(object => isToldSince(object, endedMs))) {
          return counts()
        }
        await pause(clock, LOOK_MS, ended.signal)
      }
    },
    diagnose: async () => await describeHolders(cluster, all),
    stop: () => { ended.abort() }
  }
}

function isToldSince (object: Intercept | undefined, sinceMs: number): boolean {
  return object === undefined || Date.parse(object.status?.renewTime ?? '') > sinceMs
}

async function requireHeld (cluster: Cluster, { namespace, intercept, workload, port }: Counted): Promise<Intercept> {
  const object = await getIntercept(cluster, namespace, intercept)
  if (object !== undefined && leaseOf(object, cluster.serverNowMs()) === 'live') return object
  const what = workload === '' ? intercept : `${workload} port ${port} (${intercept})`
  throw new WaylayError('WAYLAY_INTERCEPT_UNKNOWN', object === undefined
    ? `There is no intercept of ${what} in namespace ${namespace}, so no request of the tests could be diverted`
    : `Nobody holds the intercept of ${what} in namespace ${namespace} any more`,
  { hint: `Start the tests when it stands ("waylay env up" and "waylay ci run" wait for that). See what stands: waylay list -n ${namespace}` })
}

async function describeHolders (cluster: Cluster, all: readonly Counted[]): Promise<readonly string[]> {
  return await Promise.all(all.map(async ({ namespace, intercept, workload, port }) => {
    const what = `${workload} port ${port}:`
    const object = await getIntercept(cluster, namespace, intercept).catch(() => 'unread' as const)
    if (object === 'unread') return `${what} its intercept cannot be read now.`
    if (object === undefined) return `${what} its intercept is gone: it was ended while the tests ran.`
    if (leaseOf(object, cluster.serverNowMs()) === 'expired') return `${what} nobody holds its intercept any more.`
    const pods = object.status?.pods ?? 0
    return pods === 0
      ? `${what} its intercept diverts on no pod: waylay doctor ${workload} -n ${namespace}`
      : `${what} its intercept stands on ${pods} ${pods === 1 ? 'pod' : 'pods'}, and saw no request with the header.`
  }))
}
