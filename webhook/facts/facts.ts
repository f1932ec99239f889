import type { NamespaceFacts } from '../admission/deps.ts'
import type { ClusterFacts, InjectionContext, LimitRange, Quota } from '../injection/context.ts'
import { portsOfServices, type ServiceFact } from './services.ts'
import { createStore, type Store } from './store.ts'
import { oldestOf, type Version } from './versions.ts'

/** What the webhook knows of the cluster, kept up to date from outside. */
export type Facts = {
  readonly stores: {
    readonly namespaces: Store<NamespaceFacts>
    readonly services: Store<ServiceFact>
    readonly nodes: Store<Version>
    readonly limitRanges: Store<LimitRange>
    readonly quotas: Store<Quota>
  }
  /** Whether each list has come, and the API server has said what it is. */
  readonly isComplete: () => boolean
  readonly useServer: (server: Omit<ClusterFacts, 'oldestNode'>) => void
  /** What an admission needs; from memory, so it takes no time. What is not known yet is left out. */
  readonly contextOf: (namespace: string, labels: Readonly<Record<string, string>>) => ContextFacts
  /** What a namespace says, as long as changes arrive; undefined: ask. */
  readonly namespace: (name: string) => NamespaceFacts | undefined
}

export type ContextFacts = Pick<
  InjectionContext, 'servicePorts' | 'serviceProtocols' | 'cluster' | 'limitRanges' | 'quotas'
>

export function createFacts (): Facts {
  const stores = {
    namespaces: createStore<NamespaceFacts>(),
    services: createStore<ServiceFact>(),
    nodes: createStore<Version>(),
    limitRanges: createStore<LimitRange>(),
    quotas: createStore<Quota>()
  }
  let server: Omit<ClusterFacts, 'oldestNode'> | undefined
  const readCluster = rememberCluster(stores.nodes)
  return {
    stores,
    isComplete: () => server !== undefined && Object.values(stores).every(store => store.isSynced()),
    useServer: known => { server = known },
    contextOf: (namespace, labels) => {
      const { ports, protocols } = portsOfServices(stores.services.of(namespace).values(), labels)
      return {
        servicePorts: ports,
        serviceProtocols: protocols,
        cluster: readCluster(server ?? { isOpenShift: false }),
        limitRanges: [...stores.limitRanges.of(namespace).values()],
        quotas: [...stores.quotas.of(namespace).values()]
      }
    },
    namespace: name => stores.namespaces.isCurrent() ? stores.namespaces.of('').get(name) : undefined
  }
}

/** Looks for the oldest node only when a node has changed: a cluster has thousands, and an admission is short. */
function rememberCluster (nodes: Store<Version>) {
  let known: { readonly version: number, readonly oldest: ClusterFacts['oldestNode'] } | undefined
  return (server: Omit<ClusterFacts, 'oldestNode'>): ClusterFacts => {
    if (known?.version !== nodes.version()) known = { version: nodes.version(), oldest: oldestOf(nodes.of('')) }
    return { ...server, ...(known.oldest !== undefined && { oldestNode: known.oldest }) }
  }
}
