import type { V1ConfigMap } from '@kubernetes/client-node'
import type { BypassStore } from '../bypass/bypasses.ts'
import { follow, type Source } from '../facts/follow.ts'
import { isStatus, unlessConflict, type Cluster } from './client.ts'
import { sourceOf } from './source.ts'
import { followDeps, type WatchDeps } from './watch-facts.ts'

const NAME = 'waylay-bypass'
const KEY = 'bypasses'

/** Keeps the record in one ConfigMap, made when there is something to record. */
export function bypassStore ({ core }: Cluster, namespace: string): BypassStore {
  return {
    read: async () => {
      try {
        const { data = {}, metadata } = await core.readNamespacedConfigMap({ namespace, name: NAME })
        return { text: data[KEY] ?? '', version: metadata?.resourceVersion ?? '' }
      } catch (error) {
        if (isStatus(error, 404)) return undefined
        throw error
      }
    },
    create: async text => await unlessConflict(() =>
      core.createNamespacedConfigMap({ namespace, body: writeConfigMap(text) })),
    replace: async (text, version) => await unlessConflict(() =>
      core.replaceNamespacedConfigMap({ namespace, name: NAME, body: writeConfigMap(text, version) }))
  }
}

/** Hands on the record whenever it changes, until the signal fires; an empty one when it is gone. Never rejects. */
export async function watchBypasses (
  cluster: Cluster, namespace: string, load: (text: string) => void, deps: WatchDeps, signal: AbortSignal
): Promise<void> {
  const source: Source<string> = sourceOf(cluster, {
    path: `/api/v1/namespaces/${namespace}/configmaps`,
    // The right is bound to the name, and the API server compares it with this selector.
    query: { fieldSelector: `metadata.name=${NAME}` },
    read: object => (object as { readonly data?: Readonly<Record<string, string>> }).data?.[KEY] ?? ''
  })
  const sink = { reset: (texts: readonly string[]) => load(texts[0] ?? ''), put: load, remove: () => load('') }
  await follow(source, sink, followDeps(`the ConfigMap ${NAME}`, deps), signal)
}

function writeConfigMap (text: string, resourceVersion?: string): V1ConfigMap {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name: NAME,
      labels: { 'app.kubernetes.io/name': 'waylay', 'app.kubernetes.io/component': 'webhook' },
      ...(resourceVersion !== undefined && { resourceVersion })
    },
    data: { [KEY]: text }
  }
}
