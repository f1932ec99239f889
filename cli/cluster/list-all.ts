import { callApi } from './api.ts'
import type { Asked } from './asked.ts'
import type { Cluster } from './kubeconfig.ts'

const PAGE_ITEMS = 500

type Page<T> = { readonly metadata?: { readonly continue?: string }, readonly items: readonly T[] }

/**
 * Reads a list page by page.
 *
 * @param path without a query.
 * @param selector of labels, encoded.
 */
export async function listAll<T> (
  cluster: Cluster, asked: Asked, path: string, selector?: string
): Promise<readonly T[]> {
  const items: T[] = []
  const labels = selector === undefined ? '' : `&labelSelector=${selector}`
  let next = ''
  do {
    const query = `limit=${PAGE_ITEMS}${labels}${next && `&continue=${encodeURIComponent(next)}`}`
    const page = (await callApi(cluster, { ...asked, path: `${path}?${query}` })).body as Page<T>
    items.push(...page.items)
    next = page.metadata?.continue ?? ''
  } while (next !== '')
  return items
}
