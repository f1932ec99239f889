import { API_GROUP, API_VERSION, ENVIRONMENTS_PLURAL } from '../../common/contract.ts'
import type { Environment } from '../../environments/object.ts'
import { isStatus, type Cluster } from './client.ts'

const RESOURCE = { group: API_GROUP, version: API_VERSION, plural: ENVIRONMENTS_PLURAL } as const
const API_PATH = `/apis/${API_GROUP}/${API_VERSION}`
// Whoever may make one can make it as big as the API server stores, over 1 MB: what somebody writes in one namespace
// must neither fill our memory nor keep those of all others from their end. A page of ten such takes some 150 MB.
const PAGE_ITEMS = 10

type Page = { readonly metadata?: { readonly continue?: string }, readonly items: readonly Environment[] }

/** Every Environment of the cluster, page by page, or those of one namespace. */
export async function * listEnvironments (
  { raw }: Cluster, namespace?: string
): AsyncGenerator<readonly Environment[]> {
  const place = namespace === undefined ? '' : `/namespaces/${encodeURIComponent(namespace)}`
  let next: string | undefined
  do {
    const page = await raw.get(`${API_PATH}${place}/${ENVIRONMENTS_PLURAL}`, { limit: PAGE_ITEMS, continue: next }) as Page
    yield page.items
    next = page.metadata?.continue || undefined
  } while (next !== undefined)
}

/** Every one there is. None where the cluster does not know the kind: its CustomResourceDefinition was left out. */
export async function * listAllEnvironments (cluster: Cluster): AsyncGenerator<readonly Environment[]> {
  try {
    yield * listEnvironments(cluster)
  } catch (error) {
    if (!isStatus(error, 404)) throw error
  }
}

/** All of one namespace. */
export async function environmentsOf (cluster: Cluster, namespace: string): Promise<readonly Environment[]> {
  const all: Environment[] = []
  for await (const page of listEnvironments(cluster, namespace)) all.push(...page)
  return all
}

/**
 * Deletes an Environment, and nothing else: what it owns is the garbage collector's. As long as it is the very version
 * that was read; false when it is another by now, or gone.
 */
export async function removeEnvironment ({ objects }: Cluster, { metadata }: Environment): Promise<boolean> {
  const { namespace, name, uid, resourceVersion } = metadata
  const preconditions = { ...(uid !== undefined && { uid }), ...(resourceVersion !== undefined && { resourceVersion }) }
  try {
    const body = { propagationPolicy: 'Background', preconditions }
    await objects.deleteNamespacedCustomObject({ ...RESOURCE, namespace, name, body })
    return true
  } catch (error) {
    if (isStatus(error, 404) || isStatus(error, 409)) return false
    throw error
  }
}
