import { callApi } from '../../cli/cluster/api.ts'
import type { Cluster } from '../../cli/cluster/kubeconfig.ts'

export type ApiResource = {
  /** Empty for the core group. */
  readonly group: string
  /** With its subresource: `pods/log`. */
  readonly name: string
}

type GroupList = { readonly groups: readonly { readonly versions: readonly { readonly groupVersion: string }[] }[] }
type ResourceList = { readonly resources: readonly { readonly name: string, readonly group?: string }[] }

/** What no list of the API server shows, but RBAC knows. */
const VIRTUAL: readonly ApiResource[] = [
  { group: '', name: 'users' }, { group: '', name: 'groups' }, { group: 'authentication.k8s.io', name: 'uids' },
  { group: 'authentication.k8s.io', name: 'userextras/scopes' }, { group: 'certificates.k8s.io', name: 'signers' },
  { group: '', name: 'nodes/metrics' }, { group: '', name: 'nodes/log' }, { group: '', name: 'nodes/stats' },
  { group: '*', name: '*' }
]

/** Every resource and subresource that the API server's discovery lists, in every group and version. */
export async function listApiResources (cluster: Cluster): Promise<readonly ApiResource[]> {
  const read = async <T> (path: string): Promise<T> =>
    (await callApi(cluster, { verb: 'get', resource: 'the discovery', path })).body as T
  const { groups } = await read<GroupList>('/apis')
  const versions = groups.flatMap(({ versions }) => versions.map(({ groupVersion }) => groupVersion))
  const lists = await Promise.all([['', '/api/v1'], ...versions.map(version => [version.split('/')[0] ?? '', `/apis/${version}`])]
    .map(async ([group = '', path = '']) =>
      (await read<ResourceList>(path)).resources.map(({ name }) => ({ group, name }))))
  const all = [...lists.flat(), ...VIRTUAL]
  return [...new Map(all.map(resource => [`${resource.group}/${resource.name}`, resource])).values()]
}
