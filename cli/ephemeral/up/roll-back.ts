import { ENVIRONMENT_LABELS } from '../../../common/contract.ts'
import type { Environment } from '../../../environments/object.ts'
import { patchEnvironment } from '../../cluster/environments.ts'
import type { Found } from '../../cluster/objects.ts'
import type { Manifest } from '../../manifests.ts'
import { applyOne, isChanged, type Written } from './apply-plan.ts'
import type { RunContext } from './run-context.ts'

/** Written by the cluster, about the object as it was. */
const OF_THE_CLUSTER = new Set([
  'uid', 'resourceVersion', 'generation', 'creationTimestamp', 'managedFields', 'selfLink', 'deletionTimestamp'
])
const REVISION = 'deployment.kubernetes.io/revision'

/**
 * Brings everything back to what it was: the companion first, so that nothing is sent to what is new; what was not
 * there goes at last.
 */
export async function rollBack (
  context: RunContext, existing: Environment, written: readonly Written[]
): Promise<void> {
  const changed = written.filter(isChanged)
  const isCompanion = ({ manifest: { metadata } }: Written): boolean =>
    metadata.labels?.[ENVIRONMENT_LABELS.part] === 'companion'
  const isPod = ({ manifest: { kind } }: Written): boolean => kind === 'Deployment'
  const restore = async (some: readonly Written[]): Promise<void> => {
    await Promise.all(some.map(async ({ before }) => {
      if (before !== undefined) await applyOne(context, asItWas(before))
    }))
  }
  await restore(changed.filter(item => isCompanion(item) && !isPod(item)))
  await restore(changed.filter(item => isCompanion(item) && isPod(item)))
  await restore(changed.filter(item => !isCompanion(item)))
  await patchEnvironment(context.cluster, existing, { workloads: existing.spec.workloads })
  await Promise.all(changed.filter(({ before }) => before === undefined)
    .map(async ({ manifest }) => await context.objects.remove(manifest)))
}

/** The object as one that can be applied. */
export function asItWas ({ metadata, ...rest }: Found): Manifest {
  const object = Object.entries(rest).filter(([key]) => key !== 'status')
  const kept = Object.entries(metadata).filter(([key]) => !OF_THE_CLUSTER.has(key))
  const annotations = Object.entries(metadata.annotations ?? {}).filter(([key]) => key !== REVISION)
  return {
    ...Object.fromEntries(object),
    metadata: { ...Object.fromEntries(kept), annotations: Object.fromEntries(annotations) }
  } as unknown as Manifest
}
