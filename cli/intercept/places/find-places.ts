import type { Cluster } from '../../cluster/kubeconfig.ts'
import { findWorkloads } from '../../cluster/find-workloads.ts'
import { listPods } from '../../cluster/pods.ts'
import { findAddress, listServices } from '../../cluster/services.ts'
import type { WorkloadName } from '../../workload-name.ts'
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
