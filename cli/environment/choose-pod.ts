import { WaylayError } from '../../common/errors.ts'
import { detailOf } from '../cluster/pod-spec.ts'
import type { Pod } from '../cluster/pods.ts'

/**
 * The pod whose environment stands for the workload's: the newest one that runs, because it is made from the newest
 * template; else the newest that has not ended.
 *
 * @throws {WaylayError} `WAYLAY_NO_PODS`
 */
export function choosePod (pods: readonly Pod[], workload: string): Pod {
  const alive = pods.filter(({ metadata, status }) =>
    metadata.deletionTimestamp === undefined && status?.phase !== 'Succeeded' && status?.phase !== 'Failed')
  const running = alive.filter(({ status }) => status?.phase === 'Running')
  const [first] = (running.length > 0 ? running : alive).toSorted((a, b) => createdAt(b).localeCompare(createdAt(a)))
  if (first !== undefined) return first
  throw new WaylayError('WAYLAY_NO_PODS', `${workload} has no pod that runs or starts, so nobody knows its environment`)
}

function createdAt (pod: Pod): string {
  return detailOf(pod).metadata.creationTimestamp ?? ''
}
