import { listAll } from './list-all.ts'
import type { Cluster } from './kubeconfig.ts'

/** Names of all namespaces. */
export async function listNamespaces (cluster: Cluster): Promise<readonly string[]> {
  const asked = { verb: 'list', resource: 'namespaces' } as const
  const items = await listAll<{ readonly metadata: { readonly name: string } }>(cluster, asked, '/api/v1/namespaces')
  return items.map(({ metadata }) => metadata.name)
}
