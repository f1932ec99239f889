import { API_GROUP, API_VERSION, INTERCEPTS_PLURAL } from '../../common/contract.ts'
import type { Intercept } from '../../intercepts/object.ts'
import { isStatus, type Cluster } from './client.ts'

const RESOURCE = { group: API_GROUP, version: API_VERSION, plural: INTERCEPTS_PLURAL } as const
const PAGE_ITEMS = 250

type Page = { readonly metadata?: { readonly continue?: string }, readonly items: readonly Intercept[] }

/** Every Intercept of the cluster, page by page. */
export async function * listIntercepts ({ objects }: Cluster): AsyncGenerator<readonly Intercept[]> {
  let next: string | undefined
  do {
    const page = await objects.listClusterCustomObject(
      { ...RESOURCE, limit: PAGE_ITEMS, ...(next !== undefined && { _continue: next }) }) as Page
    yield page.items
    next = page.metadata?.continue || undefined
  } while (next !== undefined)
}

/** Deletes an Intercept as long as it is the very version that was read. False when it is another by now, or gone. */
export async function removeIntercept ({ objects }: Cluster, { metadata }: Intercept): Promise<boolean> {
  const { namespace, name, uid, resourceVersion } = metadata
  const preconditions = { ...(uid !== undefined && { uid }), ...(resourceVersion !== undefined && { resourceVersion }) }
  try {
    await objects.deleteNamespacedCustomObject({ ...RESOURCE, namespace, name, body: { preconditions } })
    return true
  } catch (error) {
    if (isStatus(error, 404) || isStatus(error, 409)) return false
    throw error
  }
}
