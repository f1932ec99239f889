import { WaylayError } from '../../common/errors.ts'
import type { Cluster } from './kubeconfig.ts'
import { isOver, listPodsBy, workloadIdOf, type Pod } from './pods.ts'
import { getService, serviceQuery, type Service } from './services.ts'

/**
 * Reads a Service.
 *
 * @throws {WaylayError} `WAYLAY_WORKLOAD_UNKNOWN`, `WAYLAY_SERVICE_UNFIT`, `WAYLAY_FORBIDDEN`.
 */
export async function requireService (cluster: Cluster, namespace: string, name: string): Promise<Service> {
  const service = await getService(cluster, namespace, name)
  if (service === undefined) {
    throw new WaylayError('WAYLAY_WORKLOAD_UNKNOWN', `There is no service "${name}" in namespace "${namespace}"`,
      { hint: `List what is there, or name another namespace with -n: kubectl -n ${namespace} get services` })
  }
  requireQuery(service)
  return service
}

/**
 * The pods that a Service selects and that have not ended.
 *
 * @throws {WaylayError} `WAYLAY_NO_PODS`, `WAYLAY_FORBIDDEN`.
 */
export async function podsBehind (cluster: Cluster, service: Service): Promise<readonly Pod[]> {
  const { name, namespace } = service.metadata
  const query = requireQuery(service)
  const pods = (await listPodsBy(cluster, namespace, query)).items.filter(pod => !isOver(pod))
  if (pods.length > 0) return pods
  const selector = decodeURIComponent(query.replace('labelSelector=', ''))
  throw new WaylayError('WAYLAY_NO_PODS', `service/${name} in namespace "${namespace}" selects no pods`,
    { hint: `See which there are: kubectl -n ${namespace} get pods -l ${selector}` })
}

/**
 * `kind/name` of the workloads whose pods a Service selects.
 *
 * @throws {WaylayError} as `requireService` and `podsBehind`.
 */
export async function workloadsBehind (cluster: Cluster, namespace: string, name: string): Promise<readonly string[]> {
  const service = await requireService(cluster, namespace, name)
  return [...new Set((await podsBehind(cluster, service)).map(workloadIdOf))]
}

function requireQuery (service: Service): string {
  const { metadata: { name, namespace }, spec } = service
  if (spec?.type === 'ExternalName') {
    throw new WaylayError('WAYLAY_SERVICE_UNFIT', `service/${name} in namespace "${namespace}" is only another name (ExternalName) for a host: no pods are behind it`)
  }
  const query = serviceQuery(service)
  if (query !== undefined) return query
  throw new WaylayError('WAYLAY_SERVICE_UNFIT', `service/${name} in namespace "${namespace}" has no selector: somebody else fills in its addresses, so its pods are not known`)
}
