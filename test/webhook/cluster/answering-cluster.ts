import { ApiException } from '@kubernetes/client-node'
import type { Cluster } from '../../../webhook/cluster/client.ts'

/** A cluster with these answers, in this order: a status that is no 200 is thrown. `asked` is what it was asked. */
export function clusterOf (...answers: readonly (object | number)[]) {
  const asked: object[] = []
  const answer = async (request: object): Promise<object> => {
    const next = answers[asked.length] ?? 500
    asked.push(request)
    if (typeof next === 'number') throw new ApiException(next, 'no', '', {})
    return next
  }
  const raw = { get: async (path: string, query: object) => await answer({ path, ...query }) }
  return { cluster: { raw, objects: { deleteNamespacedCustomObject: answer } } as unknown as Cluster, asked }
}
