import type { Cluster } from '../cluster/kubeconfig.ts'
import { injectionOf, isOver, listPods, listPodsBy, workloadIdOf } from '../cluster/pods.ts'
import { findWorkload } from '../cluster/find-workloads.ts'
import { throwUnknown } from '../cluster/workloads.ts'
import type { Workload } from '../cluster/workload.ts'
import { findPlaces } from '../intercept/places/find-places.ts'
import { parseWorkloadName, type WorkloadName } from '../workload-name.ts'
import type { Patient } from './check.ts'

/**
 * Finds the pods to look at: of the workload that was named, else of the namespace.
 *
 * @throws {WaylayError} `WAYLAY_WORKLOAD_UNKNOWN`, `WAYLAY_FORBIDDEN`.
 */
export async function findPatient (
  cluster: Cluster, wanted: string | undefined, signal: AbortSignal
): Promise<Patient> {
  const { namespace } = cluster
  if (wanted !== undefined) {
    const workload = await findNamed(cluster, namespace, parseWorkloadName(wanted))
    const { items } = await listPods(cluster, workload)
    const pods = items.filter(pod => !isOver(pod) && workloadIdOf(pod) === workload.id)
    return { cluster, namespace, workload: workload.id, pods, signal }
  }
  const { items } = await listPodsBy(cluster, namespace, '')
  const pods = items.filter(pod => !isOver(pod))
  const first = pods.find(pod => injectionOf(pod) !== undefined)
  const workload = first === undefined ? undefined : workloadIdOf(first)
  const ours = pods.filter(pod => workload === undefined || workloadIdOf(pod) === workload)
  return { cluster, namespace, workload, pods: ours, signal }
}

/** Behind a Service its first workload. */
async function findNamed (cluster: Cluster, namespace: string, wanted: WorkloadName): Promise<Workload> {
  if (wanted.kind !== 'service') return await findWorkload(cluster, namespace, wanted)
  const { places: [first] } = await findPlaces(cluster, namespace, wanted, [undefined])
  return first?.workload ?? throwUnknown(namespace, wanted)
}
