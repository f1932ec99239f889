import { WaylayError } from '../../../common/errors.ts'
import type { Pod } from '../../cluster/pods.ts'
import type { ServiceAddress } from '../../cluster/services.ts'
import type { ListOf } from '../../cluster/watch.ts'
import type { Workload } from '../../cluster/workload.ts'
import type { Plan } from './plan.ts'

/** Container port or, for a Service, its port, by number or name; undefined where the user named none. */
export type PortWish = number | string | undefined

/** Where one intercept can stand: a workload and one port of it. */
export type Place = Plan & {
  /** Which of the wishes it answers, from 0. */
  readonly wish: number
  readonly workload: Workload
  /** The pods as they were listed by the workload's query, to follow them from there. */
  readonly listed: ListOf<Pod>
  /** How callers in the cluster reach it. Never rejects. */
  readonly service: Promise<ServiceAddress | undefined>
}

/** All that was found, and what of it will not be covered. */
export type Places = {
  /** At least one for each wish. */
  readonly places: readonly Place[]
  readonly warnings: readonly string[]
}

/**
 * Refuses two wishes that lead to one port.
 *
 * @throws {WaylayError} `WAYLAY_USAGE`.
 */
export function refuseSamePlace (places: readonly Place[]): void {
  const seen = new Set<string>()
  for (const { workload, port } of places) {
    const key = `${workload.id} port ${port.port}`
    if (seen.has(key)) {
      throw new WaylayError('WAYLAY_USAGE', `Two of the flags --port lead to ${key}`, { hint: 'Leave one of them away.' })
    }
    seen.add(key)
  }
}
