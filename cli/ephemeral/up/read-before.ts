import { setTimeout as delay } from 'node:timers/promises'
import type { Found } from '../../cluster/objects.ts'
import type { Manifest } from '../../manifests.ts'
import type { EnvironmentPlan } from '../plan/environment-plan.ts'
import { belongingOf, keyOf, taken } from './owned.ts'
import { retried, type RunContext } from './run-context.ts'

/** Objects of the plan as they were before anything was written, by `keyOf`. */
export type Before = ReadonlyMap<string, Found>

const LEFTOVER_MS = 30_000
const POLL_MS = 300

/** Everything of the plan but the root. */
export function partsOf (plan: EnvironmentPlan, uid: string): readonly Manifest[] {
  return [
    ...plan.copies.flatMap(({ policies, service, deployment }) => [...policies, service, deployment]),
    ...plan.companion(uid)
  ]
}

/**
 * Reads what has the names that the plan needs.
 *
 * @param uid of the Environment, where there is one.
 * @throws {WaylayError} `WAYLAY_ENVIRONMENT_TAKEN` for what is not this environment's.
 */
export async function readBefore (
  context: RunContext, plan: EnvironmentPlan, uid: string | undefined
): Promise<Before> {
  const { objects, name, signal } = context
  const manifests = partsOf(plan, uid ?? '')
  const giveUpMs = performance.now() + LEFTOVER_MS
  for (;;) {
    const all = await Promise.all(manifests.map(async manifest =>
      [manifest, await retried(context, async () => await objects.get(manifest)) as Found | undefined] as const))
    const found = all.flatMap(([manifest, object]) => object === undefined ? [] : [[manifest, object] as const])
    const others = found.filter(([, object]) => belongingOf(object, name, uid) !== 'ours')
    const [inTheWay] = others.filter(([, object]) =>
      belongingOf(object, name, uid) === 'foreign' || performance.now() > giveUpMs)
    if (inTheWay !== undefined) throw taken(inTheWay[0], name)
    if (others.length === 0) return new Map(found.map(([manifest, object]) => [keyOf(manifest), object]))
    // Of an earlier environment of this name, whose root is gone: the cluster is about to remove it.
    await delay(POLL_MS, undefined, { signal }).catch(() => {})
  }
}
