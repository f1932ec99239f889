import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { toWaylayError, type WaylayError } from '../../common/errors.ts'
import { callApi, streamApi } from './api.ts'
import type { Asked } from './asked.ts'
import type { Cluster } from './kubeconfig.ts'

/** The least an object has. */
export type AnyObject = { readonly metadata: { readonly name: string, readonly resourceVersion?: string } }

export type ListOf<T> = { readonly metadata: { readonly resourceVersion: string }, readonly items: readonly T[] }

export type WatchOptions<T> = {
  readonly asked: Asked
  /** Path of the list, with its selectors as query. */
  readonly path: string
  readonly from: ListOf<T>
  readonly signal: AbortSignal
  /** All objects there are, now; called after each change. */
  readonly onChange: (objects: ReadonlyMap<string, T>) => void
  /** The watch broke and is tried again; `forbidden` ends it. */
  readonly onTrouble: (error: WaylayError) => void
}

const FIRST_BACKOFF_MS = 200
const LAST_BACKOFF_MS = 5000
// The API server ends a watch after 30 to 60 minutes of its own; asking keeps middle boxes from deciding.
const WATCH_SECONDS = 290

/** Follows a list until the signal: watch, and list again where the server no longer knows our version. */
export async function followList<T extends AnyObject> (cluster: Cluster, options: WatchOptions<T>): Promise<void> {
  const objects = new Map(options.from.items.map(item => [item.metadata.name, item]))
  let version: string | undefined = options.from.metadata.resourceVersion
  let backoffMs = FIRST_BACKOFF_MS
  while (!options.signal.aborted) {
    try {
      if (version === undefined) {
        version = await listAgain(cluster, options, objects)
        options.onChange(objects)
      }
      version = await watchOnce(cluster, options, version, objects)
      backoffMs = FIRST_BACKOFF_MS
    } catch (error) {
      if (options.signal.aborted) return
      const failure = toWaylayError(error)
      options.onTrouble(failure)
      if (failure.code === 'WAYLAY_FORBIDDEN') return
      version = undefined
      await delay(backoffMs, undefined, { signal: options.signal }).catch(() => {})
      backoffMs = Math.min(backoffMs * 2, LAST_BACKOFF_MS)
    }
  }
}

async function listAgain<T extends AnyObject> (
  cluster: Cluster, options: WatchOptions<T>, objects: Map<string, T>
): Promise<string> {
  const call = { ...options.asked, verb: 'list', path: options.path, signal: options.signal } as const
  const list = (await callApi(cluster, call)).body as ListOf<T>
  objects.clear()
  for (const item of list.items) objects.set(item.metadata.name, item)
  return list.metadata.resourceVersion
}

type WatchEvent<T> = { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR', readonly object: T }

/** Returns the version to go on from, or undefined where the list must be read anew. */
async function watchOnce<T extends AnyObject> (
  cluster: Cluster, options: WatchOptions<T>, version: string, objects: Map<string, T>
): Promise<string | undefined> {
  const query = `watch=1&allowWatchBookmarks=true&timeoutSeconds=${WATCH_SECONDS}&resourceVersion=${version}`
  const path = `${options.path}${options.path.includes('?') ? '&' : '?'}${query}`
  const answer = await streamApi(cluster, { ...options.asked, verb: 'watch', path, signal: options.signal })
  let seen = version
  for await (const line of createInterface({ input: answer, crlfDelay: Infinity })) {
    const event = JSON.parse(line) as WatchEvent<T>
    if (event.type === 'ERROR') return undefined
    seen = event.object.metadata.resourceVersion ?? seen
    if (event.type === 'BOOKMARK') continue
    if (event.type === 'DELETED') objects.delete(event.object.metadata.name)
    else objects.set(event.object.metadata.name, event.object)
    options.onChange(objects)
  }
  return seen
}
