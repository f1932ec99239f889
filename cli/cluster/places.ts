import type { Manifest } from '../manifests.ts'
import { callApi } from './api.ts'
import type { Cluster } from './kubeconfig.ts'

export type Kind = Pick<Manifest, 'apiVersion' | 'kind'>

/** How the API server calls objects of a kind. */
export type Resource = { readonly name: string, readonly kind: string, readonly namespaced: boolean }

type ResourceList = { readonly resources?: readonly Resource[] }

/** Where objects lie in the API: from its discovery, read once for each group. */
export function createPlaces (cluster: Cluster) {
  const groups = new Map<string, Promise<ResourceList>>()

  const discover = async (apiVersion: string): Promise<ResourceList> => {
    const asked = { verb: 'get', resource: 'the API group', name: apiVersion, expected: [404] } as const
    const { status, body } = await callApi(cluster, { ...asked, path: prefixOf(apiVersion) })
    return status === 404 ? {} : body as ResourceList
  }

  /** Undefined where the cluster does not know the kind. */
  const find = async ({ apiVersion, kind }: Kind): Promise<Resource | undefined> => {
    const known = groups.get(apiVersion) ?? discover(apiVersion)
    groups.set(apiVersion, known)
    return (await known).resources?.find(item => item.kind === kind && !item.name.includes('/'))
  }

  const locate = async ({ apiVersion, kind, metadata }: Manifest) => {
    const resource = await find({ apiVersion, kind })
    if (resource === undefined) return undefined
    const namespace = resource.namespaced ? metadata.namespace ?? cluster.namespace : undefined
    const inNamespace = namespace === undefined ? '' : `/namespaces/${namespace}`
    return {
      resource: `${resource.name}${groupOf(apiVersion)}`,
      name: metadata.name,
      ...(namespace !== undefined && { namespace }),
      path: `${prefixOf(apiVersion)}${inNamespace}/${resource.name}/${metadata.name}`
    }
  }

  return { find, locate }
}

/** `/api/v1`, `/apis/apps/v1`. */
export function prefixOf (apiVersion: string): string {
  return apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`
}

/** As it stands behind a resource's name: `.apps`, nothing for the core. */
export function groupOf (apiVersion: string): string {
  return apiVersion.includes('/') ? `.${apiVersion.split('/')[0] ?? ''}` : ''
}
