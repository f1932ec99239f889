import { WaylayError } from '../../common/errors.ts'
import type { Cluster } from '../cluster/kubeconfig.ts'
import { getService, type Service } from '../cluster/services.ts'
import { parseWorkloadName } from '../workload-name.ts'

/** The Service that a preview leads to, in the cluster's namespace. @throws {WaylayError} where there is none. */
export async function findPreviewed (cluster: Cluster, name: string): Promise<Service> {
  const service = await getService(cluster, cluster.namespace, name)
  if (service !== undefined) return service
  throw new WaylayError('WAYLAY_WORKLOAD_UNKNOWN', `There is no Service "${name}" in namespace ${cluster.namespace}`,
    { hint: `List what is there, or name another namespace with -n: kubectl -n ${cluster.namespace} get services` })
}

/** `payments`, or as kubectl writes it: `service/payments`, `svc/payments`. */
export function readServiceName (text: string): string {
  const { kind, name } = parseWorkloadName(text)
  if (kind === undefined || kind === 'service') return name
  throw new WaylayError('WAYLAY_USAGE', `A preview leads to a Service, and "${text}" is none`, { hint: `waylay preview ${name}` })
}
