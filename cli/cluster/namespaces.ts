import { callApi } from './api.ts'
import { listAll } from './list-all.ts'
import type { Cluster } from './kubeconfig.ts'

/** Names of all namespaces. */
export async function listNamespaces (cluster: Cluster): Promise<readonly string[]> {
  const asked = { verb: 'list', resource: 'namespaces' } as const
  const items = await listAll<{ readonly metadata: { readonly name: string } }>(cluster, asked, '/api/v1/namespaces')
  return items.map(({ metadata }) => metadata.name)
}

/** A namespace, as far as we read it. */
export type NamespaceFacts = {
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
}

/** Undefined when there is none of that name. */
export async function getNamespace (cluster: Cluster, name: string): Promise<NamespaceFacts | undefined> {
  const { status, body } = await callApi(cluster, {
    verb: 'get', resource: 'namespaces', name, path: `/api/v1/namespaces/${name}`, expected: [404]
  })
  if (status === 404) return undefined
  const { labels = {}, annotations = {} } = (body as { readonly metadata: Partial<NamespaceFacts> }).metadata
  return { labels, annotations }
}
