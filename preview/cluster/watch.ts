import {
  CoreV1Api, CustomObjectsApi, ListWatch, type KubeConfig, type KubernetesListObject, type KubernetesObject
} from '@kubernetes/client-node'
import { API_GROUP, API_VERSION, INTERCEPTS_PLURAL } from '../../common/contract.ts'
import type { Logger } from '../../common/log.ts'
import type { Intercept } from '../../intercepts/object.ts'
import type { Cluster } from './client.ts'
import { HeardWatch, type AskForWatch } from './heard-watch.ts'

/** Who keeps what is watched. */
export type WatchSink<T> = {
  readonly put: (object: T) => void
  readonly remove: (object: T) => void
  /** A list or a change came: what is known is true. */
  readonly onNews: () => void
  /** The API server is away, or refuses. @param silentMs nothing has come for so long, and it may be away. */
  readonly onTrouble: (silentMs?: number) => void
}

export type WatchDeps = {
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>
  readonly log: Logger
  readonly ask?: AskForWatch
}

type Listed<T> = KubernetesListObject<T & KubernetesObject>
type Source<T> = { readonly path: string, readonly list: () => Promise<Listed<T>> }

/** What of a Namespace is read. */
export type Namespace = KubernetesObject

const RETRY_MS = 2000

export async function watchIntercepts (
  { kubeConfig, configuration }: Cluster, sink: WatchSink<Intercept>, deps: WatchDeps, signal: AbortSignal
): Promise<void> {
  const objects = new CustomObjectsApi(configuration)
  const resource = { group: API_GROUP, version: API_VERSION, plural: INTERCEPTS_PLURAL }
  const list = async () => await objects.listClusterCustomObject(resource) as Listed<Intercept>
  const path = `/apis/${API_GROUP}/${API_VERSION}/${INTERCEPTS_PLURAL}`
  await follow(kubeConfig, { path, list }, sink, deps, signal)
}

export async function watchNamespaces (
  { kubeConfig, configuration }: Cluster, sink: WatchSink<Namespace>, deps: WatchDeps, signal: AbortSignal
): Promise<void> {
  const core = new CoreV1Api(configuration)
  const source = { path: '/api/v1/namespaces', list: async () => await core.listNamespace() }
  await follow(kubeConfig, source, sink, deps, signal)
}

/** Lists and watches until the signal fires, again after each failure. Never rejects. */
async function follow<T> (
  kubeConfig: KubeConfig, source: Source<T>, sink: WatchSink<T>, { wait, log, ask }: WatchDeps, signal: AbortSignal
): Promise<void> {
  const { path } = source
  const watch = new HeardWatch(kubeConfig, sink, ask)
  const known = new Map<string, T & KubernetesObject>()
  while (!signal.aborted) {
    const error = await followOnce(watch, source, { sink, known }, signal)
    if (signal.aborted) return
    sink.onTrouble()
    log.warn({ event: 'watch.broken', path, retryMs: RETRY_MS, err: error }, 'watch broke, trying again')
    await wait(RETRY_MS, signal)
  }
}

type Kept<T> = { readonly sink: WatchSink<T>, readonly known: Map<string, T & KubernetesObject> }

/**
 * Lists anew and watches from there, until it breaks: a watch that is refused would never tell what a list does.
 *
 * @returns what broke it; undefined when the signal did.
 */
async function followOnce<T> (
  watch: HeardWatch, { path, list }: Source<T>, { sink, known }: Kept<T>, signal: AbortSignal
): Promise<unknown> {
  const put = (object: T & KubernetesObject): void => {
    // The informer tells of what is on the list once more.
    if (known.get(keyOf(object)) !== object) sink.put(object)
    known.set(keyOf(object), object)
  }
  const remove = (object: T & KubernetesObject): void => {
    if (known.delete(keyOf(object))) sink.remove(object)
  }
  const listAnew = async (): Promise<Listed<T>> => {
    const answer = await list()
    const there = new Set(answer.items.map(keyOf))
    for (const [key, object] of known) if (!there.has(key)) remove(object)
    for (const object of answer.items) put(object)
    sink.onNews()
    return answer
  }
  const told = (tell: (object: T & KubernetesObject) => void) => (object: T & KubernetesObject): void => {
    tell(object)
    sink.onNews()
  }
  const informer = new ListWatch(path, watch, listAnew, false)
  informer.on('change', told(put))
  informer.on('delete', told(remove))
  const { promise, resolve } = Promise.withResolvers<unknown>()
  const stop = (): void => resolve(undefined)
  informer.on('error', resolve)
  signal.addEventListener('abort', stop)
  await informer.start().catch(resolve)
  const error = await promise
  signal.removeEventListener('abort', stop)
  await informer.stop()
  return error
}

function keyOf ({ metadata: { namespace = '', name = '' } = {} }: KubernetesObject): string {
  return `${namespace}/${name}`
}
