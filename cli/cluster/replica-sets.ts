import type { OwnerReference } from '../../intercepts/top-controller.ts'
import { isNamed, type WorkloadName } from '../workload-name.ts'
import { callApi } from './api.ts'
import type { Cluster } from './kubeconfig.ts'

type ReplicaSet = { readonly metadata: { readonly name: string, readonly ownerReferences?: readonly OwnerReference[] } }

/**
 * `replicaset/<name>` of each ReplicaSet that such a controller made. The webhook cannot see a controller above a
 * ReplicaSet, but for those whose hash it knows.
 */
export async function replicaSetsOf (
  cluster: Cluster, namespace: string, wanted: WorkloadName
): Promise<readonly string[]> {
  const path = `/apis/apps/v1/namespaces/${namespace}/replicasets`
  const asked = { verb: 'list', resource: 'replicasets.apps', namespace } as const
  const { status, body } = await callApi(cluster, { ...asked, path, expected: [403] })
  if (status === 403) return []
  return (body as { readonly items: readonly ReplicaSet[] }).items
    .filter(({ metadata: { ownerReferences = [] } }) => ownerReferences.some(({ kind, name, controller }) =>
      controller === true && isNamed(`${kind.toLowerCase()}/${name}`, wanted)))
    .map(({ metadata }) => `replicaset/${metadata.name}`)
}
