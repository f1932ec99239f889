import { WaylayError } from '../../common/errors.ts'
import type { Cluster } from '../cluster/kubeconfig.ts'
import { listPods, listPodsBy, workloadIdOf } from '../cluster/pods.ts'
import { findAddress, listServices, type Service } from '../cluster/services.ts'
import { replicaSetsOf } from '../cluster/replica-sets.ts'
import { ambiguous, findKnownWorkload, throwUnknown, type Workload } from '../cluster/workloads.ts'
import { isNamed, type WorkloadName } from '../workload-name.ts'
import { collectPlaces } from './collect-places.ts'
import { refuseSamePlace, type Place, type Places, type PortWish } from './place.ts'
import { findServicePlaces } from './service-places.ts'
import { planIntercept } from './plan.ts'

/**
 * Finds where the intercepts can stand that a command line asks for. Nothing is kept: each call looks anew.
 *
 * @param wishes one for each `--port`.
 * @throws {WaylayError} `WAYLAY_WORKLOAD_UNKNOWN`, `WAYLAY_SERVICE_UNFIT`, `WAYLAY_NO_PODS`, `WAYLAY_NOT_INJECTED`,
 *   `WAYLAY_PORT_UNKNOWN`, `WAYLAY_PORT_NOT_TCP`, `WAYLAY_USAGE` where two wishes lead to one port, `WAYLAY_FORBIDDEN`.
 */
export async function findPlaces (
  cluster: Cluster, namespace: string, wanted: WorkloadName, wishes: readonly PortWish[]
): Promise<Places> {
  const found = wanted.kind === 'service'
    ? await findServicePlaces(cluster, namespace, wanted.name, wishes)
    : await findWorkloadPlaces(cluster, namespace, wanted, wishes)
  refuseSamePlace(found.places)
  return found
}

async function findWorkloadPlaces (
  cluster: Cluster, namespace: string, wanted: WorkloadName, wishes: readonly PortWish[]
): Promise<Places> {
  // For the address that callers use; it is not waited for.
  const services = listServices(cluster, namespace)
  const workloads = await findWorkloads(cluster, namespace, wanted, services)
  return await collectPlaces(workloads, async workload => {
    const listed = await listPods(cluster, workload)
    return wishes.map((port, wish): Place => {
      const plan = planIntercept(workload, listed.items, port)
      const [pod] = plan.pods
      const service = services.then(all => pod === undefined ? undefined : findAddress(all, pod, plan.port))
      return { ...plan, wish, workload, listed, service }
    })
  })
}

/** One, but where a controller that we do not know holds several ReplicaSets. */
async function findWorkloads (
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
