import { getAllocatable, getConfigObject, type ConfigObject } from '../cluster/config-objects.ts'
import type { Cluster } from '../cluster/kubeconfig.ts'
import type { Quantities } from '../cluster/pod-spec.ts'

export type ConfigKind = ConfigObject['kind']

/** The ConfigMaps and Secrets of one namespace, each read at most once, so that all that is written fits together. */
export type ConfigSource = {
  /** Undefined when there is none. @throws {WaylayError} `WAYLAY_FORBIDDEN` */
  get (kind: ConfigKind, name: string): Promise<ConfigObject | undefined>
  /** What the node has for pods; undefined where we may not look. */
  allocatable (node: string): Promise<Quantities | undefined>
}

export function createConfigSource (cluster: Cluster, namespace: string): ConfigSource {
  const objects = new Map<string, Promise<ConfigObject | undefined>>()
  const nodes = new Map<string, Promise<Quantities | undefined>>()
  return {
    async get (kind, name) {
      return await remember(objects, `${kind}/${name}`, async () => await getConfigObject(cluster, kind, namespace, name))
    },
    async allocatable (node) {
      return node === '' ? undefined : await remember(nodes, node, async () => await getAllocatable(cluster, node))
    }
  }
}

async function remember<T> (known: Map<string, Promise<T>>, key: string, make: () => Promise<T>): Promise<T> {
  const promise = known.get(key) ?? make()
  known.set(key, promise)
  return await promise
}
