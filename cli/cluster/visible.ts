import { WaylayError } from '../../common/errors.ts'
import type { Cluster } from './kubeconfig.ts'
import { listNamespaces } from './namespaces.ts'

/** Objects that somebody may see. */
export type VisibleObjects<T> = {
  readonly items: readonly T[]
  /** What is missing, where not everything could be seen. */
  readonly note?: string
}

// Against a cluster of thousands of namespaces, and an API server that others use too.
const AT_ONCE = 16

/**
 * Lists objects of one kind in all namespaces that the user may see: of the whole cluster at once where that is
 * allowed, or else namespace by namespace, or else of the current one.
 *
 * @param what the kind, for people: `intercepts`.
 * @param list of one namespace, or of all with undefined.
 * @throws {WaylayError} `WAYLAY_FORBIDDEN` when the user may see none.
 */
export async function listVisible<T> (
  cluster: Cluster, what: string, list: (namespace: string | undefined) => Promise<readonly T[]>
): Promise<VisibleObjects<T>> {
  const everywhere = await unlessForbidden(list(undefined))
  if (!(everywhere instanceof WaylayError)) return { items: everywhere }
  const names = await unlessForbidden(listNamespaces(cluster))
  if (!(names instanceof WaylayError)) return await listEach(names, { what, list, refusal: everywhere })
  return {
    items: await list(cluster.namespace),
    note: `Only namespace ${cluster.namespace}: you may list neither the ${what} of the cluster nor its namespaces. Name others with -n.`
  }
}

async function listEach<T> (names: readonly string[], { what, list, refusal }: {
  readonly what: string
  readonly list: (namespace: string) => Promise<readonly T[]>
  readonly refusal: WaylayError
}): Promise<VisibleObjects<T>> {
  const items: T[] = []
  const waiting = [...names]
  let seen = 0
  await Promise.all(Array.from({ length: AT_ONCE }, async () => {
    for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
      const found = await unlessForbidden(list(name))
      if (found instanceof WaylayError) continue
      seen += 1
      items.push(...found)
    }
  }))
  if (seen === 0) throw refusal
  return {
    items,
    ...(seen < names.length && { note: `Seen in ${seen} of ${names.length} namespaces: you may not list ${what} in the others.` })
  }
}

async function unlessForbidden<T> (answer: Promise<T>): Promise<T | WaylayError> {
  try {
    return await answer
  } catch (error) {
    if (error instanceof WaylayError && error.code === 'WAYLAY_FORBIDDEN') return error
    throw error
  }
}
