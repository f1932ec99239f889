import { setTimeout as delay } from 'node:timers/promises'
import { ENVIRONMENT_LABELS } from '../../../common/contract.ts'
import type { Environment } from '../../../environments/object.ts'
import { listIntercepts } from '../../cluster/intercepts.ts'
import type { EnvironmentPlan } from '../plan/environment-plan.ts'
import { findParts, type Part } from '../environment-parts.ts'
import { partsOf } from './read-before.ts'
import type { RunContext } from './run-context.ts'

const API_VERSIONS: Readonly<Record<string, { readonly apiVersion: string, readonly kind: string }>> = {
  deployment: { apiVersion: 'apps/v1', kind: 'Deployment' },
  service: { apiVersion: 'v1', kind: 'Service' },
  networkpolicy: { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy' }
}
/** First nobody is sent there any more, then it goes. */
const ORDER = ['deployment', 'service', 'networkpolicy']

/** A companion of before lets go of its intercepts within this, or they expire. */
const LET_GO_MS = 20_000
const POLL_MS = 300

/**
 * Removes what an earlier `env up` made and this one does not want any more. The companion that runs by now does not
 * know of it; the one before lets go of its intercepts as it ends, and only then copies go.
 */
export async function prune (context: RunContext, plan: EnvironmentPlan, root: Environment): Promise<void> {
  const { cluster, objects, namespace, name, progress } = context
  const wanted = new Set(partsOf(plan, '').map(({ kind, metadata }) => `${kind.toLowerCase()}/${metadata.name}`))
  const isOld = ({ kind, name, ownerUid, isEnding }: Part): boolean =>
    API_VERSIONS[kind] !== undefined && ownerUid === root.metadata.uid && !isEnding && !wanted.has(`${kind}/${name}`)
  const old = (await findParts(cluster, namespace, name)).filter(isOld)
  if (old.length === 0) return
  await untilLetGo(context, plan)
  for (const kind of ORDER) {
    await Promise.all(old.filter(part => part.kind === kind).map(async ({ name }) => {
      const { apiVersion, kind: objectKind } = API_VERSIONS[kind] ?? { apiVersion: 'v1', kind }
      await objects.remove({ apiVersion, kind: objectKind, metadata: { name, namespace } })
    }))
  }
  progress.step(`removed ${old.map(({ kind, name }) => `${kind} ${name}`).join(', ')}`)
}

async function untilLetGo ({ cluster, namespace, name, signal }: RunContext, plan: EnvironmentPlan): Promise<void> {
  const wanted = new Set(plan.copies.flatMap(({ ports }) => ports.map(({ intercept }) => intercept)))
  const endMs = performance.now() + LET_GO_MS
  while (performance.now() < endMs && !signal.aborted) {
    const ours = (await listIntercepts(cluster, namespace))
      .filter(({ metadata }) => metadata.labels?.[ENVIRONMENT_LABELS.environment] === name)
    if (ours.every(({ metadata }) => wanted.has(metadata.name))) return
    await delay(POLL_MS, undefined, { signal }).catch(() => {})
  }
}
