import { WaylayError } from '../../common/errors.ts'
import type { Manifest } from '../manifests.ts'
import { callApi } from './api.ts'
import type { Cluster } from './kubeconfig.ts'

const FIELD_MANAGER = 'waylay'

/** Objects of any kind, by their manifests: paths come from the API server's discovery, read once for each group. */
export type Objects = {
  /** Whether the cluster has objects of this kind at all. */
  isKnown (manifest: Manifest): Promise<boolean>
  /** Server-side apply: fields that others own stay. With `dryRun` nothing is kept. */
  apply (manifest: Manifest): Promise<void>
  /** False when it was not there. */
  remove (manifest: Manifest): Promise<boolean>
  /** Undefined when it is not there. */
  get (manifest: Manifest): Promise<unknown>
}

type ResourceList = {
  readonly resources?: readonly { readonly name: string, readonly kind: string, readonly namespaced: boolean }[]
}

export function createObjects (cluster: Cluster): Objects {
  const groups = new Map<string, Promise<ResourceList>>()

  const discover = async (apiVersion: string): Promise<ResourceList> => {
    const path = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`
    const { status, body } = await callApi(cluster, { verb: 'get', resource: 'the API group', name: apiVersion, path, expected: [404] })
    return status === 404 ? {} : body as ResourceList
  }

  const locate = async ({ apiVersion, kind, metadata }: Manifest) => {
    const known = groups.get(apiVersion) ?? discover(apiVersion)
    groups.set(apiVersion, known)
    const resource = (await known).resources?.find(item => item.kind === kind && !item.name.includes('/'))
    if (resource === undefined) return undefined
    const prefix = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`
    const namespace = resource.namespaced ? metadata.namespace ?? cluster.namespace : undefined
    const group = apiVersion.includes('/') ? `.${apiVersion.split('/')[0] ?? ''}` : ''
    return {
      resource: `${resource.name}${group}`,
      name: metadata.name,
      ...(namespace !== undefined && { namespace }),
      path: `${prefix}${namespace === undefined ? '' : `/namespaces/${namespace}`}/${resource.name}/${metadata.name}`
    }
  }

  return {
    isKnown: async manifest => await locate(manifest) !== undefined,
    async apply (manifest) {
      const place = await locate(manifest)
      if (place === undefined) {
        throw new WaylayError('WAYLAY_CLUSTER_TOO_OLD', `The cluster does not know ${manifest.kind} of ${manifest.apiVersion}`)
      }
      const path = `${place.path}?fieldManager=${FIELD_MANAGER}&force=true`
      // JSON is YAML: no serialiser needed.
      await callApi(cluster, { ...place, verb: 'patch', path, body: manifest, contentType: 'application/apply-patch+yaml' })
    },
    async remove (manifest) {
      const place = await locate(manifest)
      if (place === undefined) return false
      const body = { apiVersion: 'v1', kind: 'DeleteOptions', propagationPolicy: 'Foreground' }
      const { status } = await callApi(cluster, { ...place, verb: 'delete', body, expected: [404] })
      return status !== 404
    },
    async get (manifest) {
      const place = await locate(manifest)
      if (place === undefined) return undefined
      const { status, body } = await callApi(cluster, { ...place, verb: 'get', expected: [404] })
      return status === 404 ? undefined : body
    }
  }
}
