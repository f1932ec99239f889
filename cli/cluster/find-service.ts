import { callApi } from './api.ts'
import type { Cluster } from './kubeconfig.ts'
import type { Service } from './services.ts'

/** A Service; undefined where there is none, or where we may not look. */
export async function findServiceByName (
  cluster: Cluster, namespace: string, name: string
): Promise<Service | undefined> {
  const path = `/api/v1/namespaces/${namespace}/services/${name}`
  const asked = { verb: 'get', resource: 'services', namespace, name, path, expected: [403, 404] } as const
  const { status, body } = await callApi(cluster, asked)
  return status < 400 ? body as Service : undefined
}

/** The Service that has this ClusterIP, in the namespace or else in those that we may look into. */
export async function findServiceByIp (
  cluster: Cluster, hasIp: (ip: string) => boolean
): Promise<Service | undefined> {
  for (const path of [`/api/v1/namespaces/${cluster.namespace}/services`, '/api/v1/services']) {
    const { status, body } = await callApi(cluster, { verb: 'list', resource: 'services', path, expected: [403] })
    if (status >= 400) continue
    const found = (body as { readonly items: readonly Service[] }).items.find(({ spec }) =>
      (spec?.clusterIPs ?? [spec?.clusterIP ?? '']).some(hasIp))
    if (found !== undefined) return found
  }
  return undefined
}
