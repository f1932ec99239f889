import { callApi } from './api.ts'
import type { Cluster } from './kubeconfig.ts'

type ClaimObject = { readonly spec?: { readonly accessModes?: readonly string[] } }

/** A PersistentVolumeClaim; `forbidden` where we may not look, `missing` where there is none. */
export type Claim = { readonly accessModes: readonly string[] } | 'forbidden' | 'missing'

export async function getClaim (cluster: Cluster, namespace: string, name: string): Promise<Claim> {
  const { status, body } = await callApi(cluster, {
    verb: 'get',
    resource: 'persistentvolumeclaims',
    namespace,
    name,
    path: `/api/v1/namespaces/${namespace}/persistentvolumeclaims/${encodeURIComponent(name)}`,
    expected: [403, 404]
  })
  if (status >= 400) return status === 403 ? 'forbidden' : 'missing'
  return { accessModes: (body as ClaimObject).spec?.accessModes ?? [] }
}
