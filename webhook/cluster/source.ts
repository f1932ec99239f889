import type { Source, WatchHandlers } from '../facts/follow.ts'
import { isStatus, type Cluster } from './client.ts'
import type { Query } from './raw.ts'

/** The least an object has, as the API server writes it. */
export type ApiObject = {
  readonly metadata: {
    readonly name: string
    readonly namespace?: string
    readonly uid?: string
    readonly resourceVersion?: string
  }
}

export type Listed<T> = {
  /** Of the list, in all namespaces or in one. */
  readonly path: string
  readonly query?: Query
  /** What is kept of an object. */
  readonly read: (object: ApiObject) => T
}

type Page = {
  readonly metadata?: { readonly continue?: string, readonly resourceVersion?: string }
  readonly items?: readonly ApiObject[]
}
type WatchEvent = {
  readonly type: string
  readonly object: ApiObject & { readonly code?: number, readonly message?: string }
}

const PAGE_ITEMS = 500
// The API server sends a bookmark each minute. Silence for longer means that somebody on the way has dropped the
// connection without a word.
const SILENCE_MS = 90_000
/** Of its own the API server ends a watch after 30 to 60 minutes. */
const WATCH_SECONDS = 290
const GONE = 410

/**
 * A list of the API, page by page, and its changes.
 *
 * @param silenceMs a watch that says nothing for so long is given up, and fails.
 */
export function sourceOf<T> (
  { raw }: Cluster, { path, query = {}, read }: Listed<T>, silenceMs = SILENCE_MS
): Source<T> {
  return {
    list: async signal => {
      const items: T[] = []
      let next: string | undefined
      let version = ''
      do {
        const page = await raw.get(path, { ...query, limit: PAGE_ITEMS, continue: next }, signal) as Page
        for (const object of page.items ?? []) items.push(read(object))
        version = page.metadata?.resourceVersion ?? version
        next = page.metadata?.continue || undefined
      } while (next !== undefined && !signal.aborted)
      return { items, version }
    },
    watch: async (version, on, signal) => {
      const silence = silenceOf(signal, silenceMs)
      try {
        const body = await raw.stream(path, {
          ...query, watch: 'true', allowWatchBookmarks: 'true', timeoutSeconds: WATCH_SECONDS, resourceVersion: version
        }, silence.signal)
        on.onOpen()
        return await readEvents(body, { version, read, on, onBytes: silence.restart })
      } catch (error) {
        if (isStatus(error, GONE)) return undefined
        throw error
      } finally {
        silence.end()
      }
    }
  }
}

type Reading<T> = Pick<Listed<T>, 'read'> & {
  readonly version: string
  readonly on: WatchHandlers<T>
  readonly onBytes: () => void
}

async function readEvents<T> (
  body: AsyncIterable<Uint8Array>, { version, read, on, onBytes }: Reading<T>
): Promise<string | undefined> {
  let seen = version
  for await (const line of linesOf(body, onBytes)) {
    const { type, object } = JSON.parse(line) as WatchEvent
    if (type === 'ERROR') {
      if (object.code === GONE) return undefined
      throw new Error(`The API server ended a watch: ${object.message ?? 'no reason given'}`)
    }
    if (type === 'DELETED') on.onRemove(read(object))
    else if (type !== 'BOOKMARK') on.onPut(read(object))
    seen = object.metadata.resourceVersion ?? seen
  }
  return seen
}

async function * linesOf (body: AsyncIterable<Uint8Array>, onBytes: () => void): AsyncGenerator<string> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const piece of body) {
    onBytes()
    const lines = (rest + decoder.decode(piece, { stream: true })).split('\n')
    rest = lines.pop() ?? ''
    yield * lines.filter(line => line !== '')
  }
}

/** A signal that fires with the given one, or when nothing was heard for too long. */
function silenceOf (signal: AbortSignal, silenceMs: number) {
  const silent = new AbortController()
  const timer = setTimeout(() => silent.abort(new Error(`The watch was silent for ${silenceMs} ms`)), silenceMs)
  timer.unref()
  return {
    signal: AbortSignal.any([signal, silent.signal]),
    restart: () => { timer.refresh() },
    end: () => clearTimeout(timer)
  }
}
