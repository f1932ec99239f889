import type { Facts } from '../facts/facts.ts'
import { follow, type FollowDeps } from '../facts/follow.ts'
import { readLimitRange, readQuota, type LimitRangeObject, type QuotaObject } from '../facts/limits.ts'
import { readService, type ServiceObject } from '../facts/services.ts'
import type { Item, Store } from '../facts/store.ts'
import { readNode, type NodeObject } from '../facts/versions.ts'
import { isStatus, type Cluster } from './client.ts'
import { readNamespaceFacts, type NamespaceObject } from './namespace.ts'
import { sourceOf, type ApiObject } from './source.ts'

export type WatchDeps = Omit<FollowDeps, 'name' | 'right' | 'isForbidden'>

/** Keeps the facts up to date until the signal fires. Never rejects. */
export async function watchFacts (
  cluster: Cluster, { stores }: Facts, deps: WatchDeps, signal: AbortSignal
): Promise<void> {
  const keep = async <O, T>(resource: string, store: Store<T>, read: (object: O) => T | undefined): Promise<void> => {
    const readItem = (object: ApiObject): Item<T> => ({
      namespace: object.metadata.namespace ?? '', name: object.metadata.name, value: read(object as O)
    })
    const source = sourceOf(cluster, { path: `/api/v1/${resource}`, read: readItem })
    await follow(source, store, followDeps(resource, deps), signal)
  }
  await Promise.all([
    keep('namespaces', stores.namespaces, (namespace: NamespaceObject) => readNamespaceFacts(namespace)),
    keep('services', stores.services, (service: ServiceObject) => readService(service)),
    keep('nodes', stores.nodes, (node: NodeObject) => readNode(node)),
    keep('limitranges', stores.limitRanges, (range: LimitRangeObject) => readLimitRange(range)),
    keep('resourcequotas', stores.quotas, (quota: QuotaObject) => readQuota(quota))
  ])
}

/** What following a resource says in the log, and what of its failures is a missing right. */
export function followDeps (resource: string, deps: WatchDeps): FollowDeps {
  return { ...deps, name: resource, right: `"list" and "watch" on ${resource}`, isForbidden: error => isStatus(error, 403) }
}
