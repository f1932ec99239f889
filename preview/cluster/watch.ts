import {
  CoreV1Api, CustomObjectsApi, ListWatch, Watch, type KubernetesListObject, type KubernetesObject
} from '@kubernetes/client-node'
import { API_GROUP, API_VERSION, INTERCEPTS_PLURAL } from '../../common/contract.ts'
import { toWaylayError } from '../../common/errors.ts'
import type { Logger } from '../../common/log.ts'
import type { Intercept } from '../../intercepts/object.ts'
import type { Cluster } from './client.ts'

/** Who keeps what is watched. */
export type WatchSink<T> = {
  readonly put: (object: T) => void
  readonly remove: (object: T) => void
  /** A list or a change came: what is known is true. */
  readonly onNews: () => void
  /** The API server is away, or refuses. */
  readonly onTrouble: () => void
}

export type WatchDeps = {
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>
  readonly log: Logger
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
  await follow(new Watch(kubeConfig), { path, list }, sink, deps, signal)
}

export async function watchNamespaces (
  { kubeConfig, configuration }: Cluster, sink: WatchSink<Namespace>, deps: WatchDeps, signal: AbortSignal
): Promise<void> {
  const core = new CoreV1Api(configuration)
  const source = { path: '/api/v1/namespaces', list: async () => await core.listNamespace() }
  await follow(new Watch(kubeConfig), source, sink, deps, signal)
}

/** Lists and watches until the signal fires, again after each failure. Never rejects. */
async function follow<T> (
  watch: Watch, { path, list }: Source<T>, sink: WatchSink<T>, { wait, log }: WatchDeps, signal: AbortSignal
): Promise<void> {
  const listTold = async () => {
    const answer = await list()
    sink.onNews()
    return answer
  }
  const informer = new ListWatch(path, watch, listTold, false)
  informer.on('change', object => {
    sink.onNews()
    sink.put(object)
  })
  informer.on('delete', object => {
    sink.onNews()
    sink.remove(object)
  })
  let next = Promise.withResolvers<void>()
  informer.on('error', error => {
    sink.onTrouble()
    log.warn({ event: 'watch.broken', path, retryMs: RETRY_MS, err: toWaylayError(error) }, 'watch broke, trying again')
    next.resolve()
  })
  signal.addEventListener('abort', () => next.resolve())
  while (!signal.aborted) {
    next = Promise.withResolvers<void>()
    await informer.start().catch(() => next.resolve())
    await next.promise
    await wait(RETRY_MS, signal)
    // The watch goes on where it broke, and says nothing until something changes.
    if (!signal.aborted) await list().then(() => sink.onNews(), () => {})
  }
  await informer.stop()
}
