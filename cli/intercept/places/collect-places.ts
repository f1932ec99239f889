import { toWaylayError, WaylayError } from '../../../common/errors.ts'
import type { Workload } from '../../cluster/workload.ts'
import type { Place, Places } from './place.ts'

/**
 * Looks at several workloads at the same time. One that cannot be intercepted is a warning as long as another can.
 *
 * @throws {WaylayError} why the first cannot, when none can.
 */
export async function collectPlaces (
  workloads: readonly Workload[], look: (workload: Workload) => Promise<readonly Place[]>
): Promise<Places> {
  const results = await Promise.allSettled(workloads.map(async workload => await look(workload)))
  const places = results.flatMap(result => result.status === 'fulfilled' ? result.value : [])
  const failures = results.flatMap(result => result.status === 'rejected' ? [toWaylayError(result.reason)] : [])
  if (places.length === 0) throw failures[0] ?? new WaylayError('WAYLAY_NO_PODS', 'There is nothing to intercept')
  return { places, warnings: failures.map(({ message, hint }) => `${message}; its requests go to the app. Try: ${hint}`) }
}
