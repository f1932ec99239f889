import { WaylayError } from '../../common/errors.ts'
import { isNamed, type WorkloadName } from '../workload-name.ts'
import type { Cluster } from './kubeconfig.ts'
import { listPodsBy, workloadIdOf } from './pods.ts'
import { replicaSetsOf } from './replica-sets.ts'
import { workloadsBehind } from './service-pods.ts'
import { listServices, type Service } from './services.ts'
import { ambiguous, findKnownWorkload, readWorkload, throwUnknown } from './workloads.ts'
import type { Workload } from './workload.ts'

/**
 * Finds the one workload that the user means by a name, or that is behind the Service they name.
 *
 * @throws {WaylayError} `WAYLAY_WORKLOAD_UNKNOWN`, also where there are several; `WAYLAY_SERVICE_UNFIT`,
 *   `WAYLAY_NO_PODS`, `WAYLAY_FORBIDDEN`.
 */
export async function findWorkload (cluster: Cluster, namespace: string, wanted: WorkloadName): Promise<Workload> {
  if (wanted.kind !== 'service') {
    const found = await findWorkloads(cluster, namespace, wanted, listServices(cluster, namespace))
    return requireOne(namespace, wanted, found)
  }
  const ids = await workloadsBehind(cluster, namespace, wanted.name)
  const found = await Promise.all(ids.map(async id => await readWorkload(cluster, namespace, id)))
  return requireOne(namespace, wanted, found.filter(workload => workload !== undefined))
}

function requireOne (namespace: string, wanted: WorkloadName, found: readonly Workload[]): Workload {
  const [first] = found
  if (first === undefined) return throwUnknown(namespace, wanted)
  if (found.length > 1) throw ambiguous(namespace, wanted, found.map(({ id }) => id))
  return first
}

/**
 * Finds the workloads that the user means by a name: one, but where a controller that we do not know holds several
 * ReplicaSets.
 *
 * @param services those of the namespace, for a hint.
 * @throws {WaylayError} `WAYLAY_WORKLOAD_UNKNOWN`, `WAYLAY_FORBIDDEN`.
 */
export async function findWorkloads (
  cluster: Cluster, namespace: string, wanted: WorkloadName, services: Promise<readonly Service[]>
): Promise<readonly Workload[]> {
  let refused: WaylayError | undefined
  try {
    const known = await findKnownWorkload(cluster, namespace, wanted)
    if (known !== undefined) return [known]
  } catch (error) {
    if (!(error instanceof WaylayError) || error.code !== 'WAYLAY_FORBIDDEN') throw error
    // Who may not read the workload may find it by its pods.
    refused = error
  }
  const found = await findByPods(cluster, namespace, wanted)
  if (found.length > 0) return found
  if (refused !== undefined) throw refused
  if (wanted.kind === undefined) suggestService(namespace, wanted.name, await services)
  return throwUnknown(namespace, wanted)
}

/** Workloads of kinds that we do not know, by what the webhook wrote into their pods, or would have written. */
async function findByPods (cluster: Cluster, namespace: string, wanted: WorkloadName): Promise<readonly Workload[]> {
  const toWorkload = (id: string): Workload => ({ id, namespace, podQuery: '' })
  const [pods, replicaSets] = await Promise.all([
    listPodsBy(cluster, namespace, ''),
    wanted.kind === undefined ? [] : replicaSetsOf(cluster, namespace, wanted)
  ])
  const ids = new Set(pods.items.map(workloadIdOf))
  const named = [...ids].filter(id => isNamed(id, wanted))
  if (named.length > 1) throw ambiguous(namespace, wanted, named)
  return (named.length > 0 ? named : replicaSets.filter(id => ids.has(id))).map(toWorkload)
}

function suggestService (namespace: string, name: string, services: readonly Service[]): void {
  if (!services.some(({ metadata }) => metadata.name === name)) return
  throw new WaylayError('WAYLAY_WORKLOAD_UNKNOWN', `There is no workload "${name}" in namespace "${namespace}", but a Service of that name`,
    { hint: `Name the Service: waylay intercept service/${name}` })
}
