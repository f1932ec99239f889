import { setTimeout as delay } from 'node:timers/promises'
import { ENVIRONMENT_LABELS } from '../../../common/contract.ts'
import type { Environment } from '../../../environments/object.ts'
import { listIntercepts } from '../../cluster/intercepts.ts'
import type { Found } from '../../cluster/objects.ts'
import type { Kind } from '../../cluster/places.ts'
import type { Manifest } from '../../manifests.ts'
import { ISTIO_KINDS } from '../policies/istio-kinds.ts'
import { createKindLister } from '../policies/list-kind.ts'
import type { EnvironmentPlan } from '../plan/environment-plan.ts'
import { findParts, type Part } from '../environment-parts.ts'
import { belongingOf, keyOf } from './owned.ts'
import { partsOf } from './read-before.ts'
import type { RunContext } from './run-context.ts'

const KINDS: Readonly<Record<string, Kind>> = {
  deployment: { apiVersion: 'apps/v1', kind: 'Deployment' },
  service: { apiVersion: 'v1', kind: 'Service' },
  networkpolicy: { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy' }
}
const TURNS: Readonly<Record<string, number>> = { Deployment: 0, Service: 1 }
const NONE = { apiVersion: 'v1', kind: 'None' }

/** A companion of before lets go of its intercepts within this, or they expire. */
const LET_GO_MS = 20_000
const POLL_MS = 300

/**
 * Removes what an earlier `env up` made and this one does not want any more. The companion that runs by now does not
 * know of it; the one before lets go of its intercepts as it ends, and only then copies go.
 */
export async function prune (context: RunContext, plan: EnvironmentPlan, root: Environment): Promise<void> {
  const { cluster, objects, namespace, name, progress } = context
  const wanted = new Set(partsOf(plan, '').map(manifest => keyOf(manifest).toLowerCase()))
  const isOld = ({ kind, name, ownerUid, isEnding }: Part): boolean =>
    KINDS[kind] !== undefined && ownerUid === root.metadata.uid && !isEnding && !wanted.has(`${kind}/${name}`)
  const isOldPolicy = (policy: Found): boolean =>
    belongingOf(policy, name, root.metadata.uid) === 'ours' && !wanted.has(keyOf(policy).toLowerCase())
  const [parts, policies] = await Promise.all([findParts(cluster, namespace, name), listMeshPolicies(context)])
  const old: readonly Manifest[] = [
    ...parts.filter(isOld).map(({ kind, name }) => ({ ...KINDS[kind] ?? NONE, metadata: { name, namespace } })),
    ...policies.filter(isOldPolicy)
  ]
  if (old.length === 0) return
  await untilLetGo(context, plan)
  // First nobody is sent there any more, then it goes, and what protected it last.
  for (const turn of [0, 1, 2]) {
    const some = old.filter(({ kind }) => (TURNS[kind] ?? 2) === turn)
    await Promise.all(some.map(async manifest => await objects.remove(manifest)))
  }
  progress.step(`removed ${old.map(({ kind, metadata }) => `${kind} ${metadata.name}`).join(', ')}`)
}

/** Of Istio, where the cluster has it. */
async function listMeshPolicies ({ cluster, namespace }: RunContext): Promise<readonly Found[]> {
  const lister = createKindLister(cluster)
  const found = await Promise.all(Object.entries(ISTIO_KINDS).map(async ([group, kinds]) => {
    const apiVersion = await lister.versionOf(group)
    if (apiVersion === undefined) return []
    return await Promise.all(kinds.map(async kind => (await lister.list<Found>({ apiVersion, kind }, namespace)).items))
  }))
  return found.flat(2)
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
