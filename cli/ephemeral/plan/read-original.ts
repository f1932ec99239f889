import { ENVIRONMENT_LABELS } from '../../../common/contract.ts'
import { WaylayError } from '../../../common/errors.ts'
import { getClaim } from '../../cluster/claims.ts'
import { findWorkload } from '../../cluster/find-workloads.ts'
import type { Cluster } from '../../cluster/kubeconfig.ts'
import { listPods } from '../../cluster/pods.ts'
import { readWorkloadObject, type WorkloadObject } from '../../cluster/workload-object.ts'
import { requireInjected } from '../../intercept/places/plan.ts'
import type { WorkloadName } from '../../workload-name.ts'
import type { Original } from './original.ts'
import type { PodTemplate } from './pod-template.ts'

/**
 * Reads a workload that is to be copied, and its pods.
 *
 * @throws {WaylayError} `WAYLAY_WORKLOAD_UNKNOWN`, `WAYLAY_SERVICE_UNFIT`, `WAYLAY_NO_PODS`, `WAYLAY_NOT_INJECTED`,
 *   `WAYLAY_FORBIDDEN`; `WAYLAY_COPY_UNFIT` for what has no pod template, or ends by itself.
 */
export async function readOriginal (cluster: Cluster, namespace: string, wanted: WorkloadName): Promise<Original> {
  const workload = await findWorkload(cluster, namespace, wanted)
  refuseKind(workload.id)
  const { items } = await listPods(cluster, workload)
  const { injected } = requireInjected(workload, items)
  const object = await readWorkloadObject(cluster, workload, injected)
  refuseCopy(workload.id, object)
  const template = object.spec?.template
  if (template?.spec === undefined) {
    throw new WaylayError('WAYLAY_COPY_UNFIT', `${workload.id} has no pod template of its own (spec.template), so there is nothing to copy`)
  }
  const claimTemplates = object.spec?.volumeClaimTemplates ?? []
  const claims = await readClaims(cluster, namespace, template as PodTemplate)
  return { wanted, workload, template: template as PodTemplate, claimTemplates, claims, injected }
}

async function readClaims (
  cluster: Cluster, namespace: string, { spec: { volumes = [] } }: PodTemplate
): Promise<Original['claims']> {
  const names = volumes.flatMap(({ persistentVolumeClaim: claim }) => claim === undefined ? [] : [claim.claimName])
  const claims = [...new Set(names)].map(async name => [name, await getClaim(cluster, namespace, name)] as const)
  return new Map(await Promise.all(claims))
}

function refuseKind (id: string): void {
  const [kind] = id.split('/')
  if (kind === 'pod') {
    throw new WaylayError('WAYLAY_COPY_UNFIT', `${id} is a pod without a controller: it has no template to be copied from`,
      { hint: 'Put it into a Deployment, and name that.' })
  }
  if (kind === 'job' || kind === 'cronjob') {
    throw new WaylayError('WAYLAY_COPY_UNFIT', `${id} runs once and ends: a copy would do its work a second time, and take no requests`,
      { hint: 'Name a workload that answers requests: a Deployment for example.' })
  }
}

function refuseCopy (id: string, { metadata: { labels = {} } }: WorkloadObject): void {
  const environment = labels[ENVIRONMENT_LABELS.environment]
  if (environment === undefined) return
  throw new WaylayError('WAYLAY_COPY_UNFIT', `${id} is itself part of the environment "${environment}"`,
    { hint: 'Name the original that it was made from: waylay env list' })
}
