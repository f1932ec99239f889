import { API_GROUP, API_VERSION } from '../../common/contract.ts'
import { isStatus, type Cluster } from './client.ts'

const GROUP = { group: API_GROUP, version: API_VERSION } as const
const API_PATH = `/apis/${API_GROUP}/${API_VERSION}`
// Whoever may make one can make it as big as the API server stores, over 1 MB: what somebody writes in one namespace
// must neither fill our memory nor keep those of all others from their end. A page of ten such takes some 150 MB.
const PAGE_ITEMS = 10

type Page<T> = { readonly metadata?: { readonly continue?: string }, readonly items: readonly T[] }

type Version = {
  readonly name: string
  readonly namespace: string
  readonly uid?: string
  readonly resourceVersion?: string
}

/** Every object of a kind of ours in the cluster, page by page, or those of one namespace. */
export async function * listOwn<T> (
  { raw }: Pick<Cluster, 'raw'>, plural: string, namespace?: string
): AsyncGenerator<readonly T[]> {
  const place = namespace === undefined ? '' : `/namespaces/${encodeURIComponent(namespace)}`
  let next: string | undefined
  do {
    const page = await raw.get(`${API_PATH}${place}/${plural}`, { limit: PAGE_ITEMS, continue: next }) as Page<T>
    yield page.items
    next = page.metadata?.continue || undefined
  } while (next !== undefined)
}

/**
 * Deletes an object of ours as long as it is the very version that was read; what it owns is left to the garbage
 * collector. False when it is another by now, or gone.
 */
export async function removeOwn (
  { objects }: Pick<Cluster, 'objects'>, plural: string, { namespace, name, uid, resourceVersion }: Version
): Promise<boolean> {
  const preconditions = { ...(uid !== undefined && { uid }), ...(resourceVersion !== undefined && { resourceVersion }) }
  const body = { propagationPolicy: 'Background', preconditions }
  try {
    await objects.deleteNamespacedCustomObject({ ...GROUP, plural, namespace, name, body })
    return true
  } catch (error) {
    if (isStatus(error, 404) || isStatus(error, 409)) return false
    throw error
  }
}
