import { WaylayError } from '../../common/errors.ts'
import type { Intercept } from '../../intercepts/object.ts'
import { listIntercepts } from './intercepts.ts'
import type { Cluster } from './kubeconfig.ts'
import { listNamespaces } from './namespaces.ts'

/** The intercepts that somebody may see. */
export type Visible = {
  readonly intercepts: readonly Intercept[]
  /** What is missing, where not everything could be seen. */
  readonly note?: string
}

// Against a cluster of thousands of namespaces, and an API server that others use too.
const AT_ONCE = 16

/**
 * Lists the intercepts of one namespace, or of all that the user may see: of the whole cluster at once where that is
 * allowed, or else namespace by namespace, or else of the current one.
 *
 * @param namespace undefined: all.
 * @throws {WaylayError} `WAYLAY_FORBIDDEN` when the user may see none.
 */
export async function findVisible (cluster: Cluster, namespace: string | undefined): Promise<Visible> {
  if (namespace !== undefined) return { intercepts: await listIntercepts(cluster, namespace) }
  const everywhere = await unlessForbidden(listIntercepts(cluster, undefined))
  if (!(everywhere instanceof WaylayError)) return { intercepts: everywhere }
  const names = await unlessForbidden(listNamespaces(cluster))
  if (!(names instanceof WaylayError)) return await listEach(cluster, names, everywhere)
  return {
    intercepts: await listIntercepts(cluster, cluster.namespace),
    note: `Only namespace ${cluster.namespace}: you may list neither the intercepts of the cluster nor its namespaces. Name others with -n.`
  }
}

async function listEach (cluster: Cluster, names: readonly string[], refusal: WaylayError): Promise<Visible> {
  const intercepts: Intercept[] = []
  const waiting = [...names]
  let seen = 0
  await Promise.all(Array.from({ length: AT_ONCE }, async () => {
    for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
      const found = await unlessForbidden(listIntercepts(cluster, name))
      if (found instanceof WaylayError) continue
      seen += 1
      intercepts.push(...found)
    }
  }))
  if (seen === 0) throw refusal
  return {
    intercepts,
    ...(seen < names.length && { note: `Seen in ${seen} of ${names.length} namespaces: you may not list intercepts in the others.` })
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
