import { callApi } from '../../cluster/api.ts'
import type { Cluster } from '../../cluster/kubeconfig.ts'
import type { ApiServerAddress } from './network-facts.ts'

const NAMESPACE = 'default'
const SERVICE = 'kubernetes'

type Service = {
  readonly spec?: { readonly clusterIPs?: readonly string[], readonly ports?: readonly { readonly port: number }[] }
}
type Slices = {
  readonly items?: readonly {
    readonly endpoints?: readonly { readonly addresses?: readonly string[] }[] | null
    readonly ports?: readonly { readonly port?: number }[] | null
  }[]
}

/**
 * Where pods reach the API server: as a Service and behind it, because some networks judge a packet before its
 * destination is rewritten and some after. Undefined where we may not look.
 */
export async function readApiServerAddresses (cluster: Cluster): Promise<readonly ApiServerAddress[] | undefined> {
  const expected = [403, 404]
  const [service, slices] = await Promise.all([
    callApi(cluster, {
      verb: 'get',
      resource: 'services',
      namespace: NAMESPACE,
      name: SERVICE,
      expected,
      path: `/api/v1/namespaces/${NAMESPACE}/services/${SERVICE}`
    }),
    callApi(cluster, {
      verb: 'list',
      resource: 'endpointslices.discovery.k8s.io',
      namespace: NAMESPACE,
      expected,
      path: `/apis/discovery.k8s.io/v1/namespaces/${NAMESPACE}/endpointslices` +
        `?labelSelector=${encodeURIComponent(`kubernetes.io/service-name=${SERVICE}`)}`
    })
  ])
  if (service.status !== 200 || slices.status !== 200) return undefined
  const { spec = {} } = service.body as Service
  const behind = ((slices.body as Slices).items ?? []).flatMap(({ endpoints, ports }) => (endpoints ?? [])
    .flatMap(({ addresses = [] }) => addresses.flatMap(ip => (ports ?? [])
      .flatMap(({ port }) => port === undefined ? [] : [{ ip, port }]))))
  // Half of it could be the half that this cluster's network does not look at.
  if (behind.length === 0) return undefined
  const asService = (spec.clusterIPs ?? []).filter(ip => ip !== 'None')
    .flatMap(ip => (spec.ports ?? []).map(({ port }) => ({ ip, port })))
  return [...asService, ...behind]
}
