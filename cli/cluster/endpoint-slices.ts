import { callApi } from './api.ts'
import type { Cluster } from './kubeconfig.ts'
import { followList, type ListOf } from './watch.ts'
import type { WaylayError } from '../../common/errors.ts'

/** One part of what is behind a Service, as far as we read it. */
export type EndpointSlice = {
  readonly metadata: { readonly name: string, readonly resourceVersion?: string }
  /** Ports of the pods, by the names that the Service's ports have; already resolved where a Service names one. */
  readonly ports?: readonly { readonly name?: string, readonly port?: number, readonly protocol?: string }[]
  readonly endpoints?: readonly {
    readonly conditions?: { readonly ready?: boolean }
    /** The pod's own, where the Service gives each of its pods a name. */
    readonly hostname?: string
    readonly targetRef?: { readonly kind?: string, readonly name?: string }
  }[] | null
}

const RESOURCE = 'endpointslices.discovery.k8s.io'

/** All slices of one Service. */
export async function listEndpointSlices (
  cluster: Cluster, namespace: string, service: string
): Promise<ListOf<EndpointSlice>> {
  const asked = { verb: 'list', resource: RESOURCE, namespace } as const
  return (await callApi(cluster, { ...asked, path: slicesPath(namespace, service) })).body as ListOf<EndpointSlice>
}

/** Follows them until the signal, or until we may not. */
export async function followEndpointSlices (cluster: Cluster, namespace: string, service: string, options: {
  readonly from: ListOf<EndpointSlice>
  readonly signal: AbortSignal
  readonly onChange: (slices: ReadonlyMap<string, EndpointSlice>) => void
  readonly onTrouble: (error: WaylayError) => void
}): Promise<void> {
  const asked = { verb: 'watch', resource: RESOURCE, namespace } as const
  await followList(cluster, { ...options, asked, path: slicesPath(namespace, service) })
}

function slicesPath (namespace: string, service: string): string {
  const selector = encodeURIComponent(`kubernetes.io/service-name=${service}`)
  return `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices?labelSelector=${selector}`
}
