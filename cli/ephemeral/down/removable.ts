import { API_GROUP, ENVIRONMENTS_PLURAL } from '../../../common/contract.ts'
import { mayI } from '../../cluster/access-review.ts'
import type { Cluster } from '../../cluster/kubeconfig.ts'
import { findVisibleEnvironments } from '../../cluster/visible-environments.ts'
import type { Output } from '../../terminal/output.ts'

/** Which environment. */
export type EnvironmentPlace = { readonly namespace: string, readonly name: string }

/** All of the namespace; or of every namespace in which the user may see them, where they may delete them. */
export async function findRemovable (
  cluster: Cluster, isEverywhere: boolean, output: Output
): Promise<readonly EnvironmentPlace[]> {
  const { environments, note } = await findVisibleEnvironments(cluster, isEverywhere ? undefined : cluster.namespace)
  if (note !== undefined) output.note(note)
  const places = environments.map(({ metadata: { namespace, name } }) => ({ namespace, name }))
    .sort((a, b) => `${a.namespace}/${a.name}` < `${b.namespace}/${b.name}` ? -1 : 1)
  if (places.length === 0) output.note(`No environments in ${isEverywhere ? 'any namespace you may see' : `namespace ${cluster.namespace}`}.`)
  if (!isEverywhere) return places
  const right = { verb: 'delete', group: API_GROUP, resource: ENVIRONMENTS_PLURAL }
  const namespaces = [...new Set(places.map(({ namespace }) => namespace))]
  const may = new Set<string>()
  for (const namespace of namespaces) {
    if (await mayI(cluster, namespace, right)) may.add(namespace)
    else output.note(`Environments in namespace ${namespace} stay: you may not delete them.`)
  }
  return places.filter(({ namespace }) => may.has(namespace))
}
