import type { Logger } from '../../common/log.ts'

/** Where a list comes from. Pages and streams are the matter of webhook/cluster/. */
export type Source<T> = {
  readonly list: (signal: AbortSignal) => Promise<{ readonly items: readonly T[], readonly version: string }>
  /** Watches until the stream ends. Returns the version to go on from, or undefined: the list must be read anew. */
  readonly watch: (version: string, on: WatchHandlers<T>, signal: AbortSignal) => Promise<string | undefined>
}

export type WatchHandlers<T> = {
  readonly onOpen: () => void
  readonly onPut: (item: T) => void
  readonly onRemove: (item: T) => void
}

/** Who keeps what comes. */
export type Sink<T> = {
  /** All there are, now. */
  readonly reset: (items: readonly T[]) => void
  readonly put: (item: T) => void
  readonly remove: (item: T) => void
  /** Whether changes arrive; what was kept stays good enough while they do not. */
  readonly setCurrent?: (isCurrent: boolean) => void
}

export type FollowDeps = {
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>
  readonly random: () => number
  readonly monotonicMs: () => number
  /** Whether the API server said that we may not: it will not say otherwise soon. */
  readonly isForbidden: (error: unknown) => boolean
  /** What is followed, for the log, and the right that it takes. */
  readonly name: string
  readonly right: string
  readonly log: Logger
}

const FIRST_RETRY_MS = 200
const LAST_RETRY_MS = 30_000
const FORBIDDEN_RETRY_MS = 60_000
/** A watch that ends sooner than this counts as a failure: somebody on the way cuts it. */
const SHORT_WATCH_MS = 1000

/** Lists, then watches, again and again until the signal fires. Never rejects. */
export async function follow<T> (
  source: Source<T>, sink: Sink<T>, deps: FollowDeps, signal: AbortSignal
): Promise<void> {
  const tellTrouble = createTrouble(deps)
  let version: string | undefined
  let retryMs = FIRST_RETRY_MS
  while (!signal.aborted) {
    const startedMs = deps.monotonicMs()
    try {
      version = await followOnce(source, sink, version, signal)
      if (signal.aborted) return
      if (deps.monotonicMs() - startedMs >= SHORT_WATCH_MS) {
        retryMs = FIRST_RETRY_MS
        continue
      }
    } catch (error) {
      if (signal.aborted) return
      // What a broken stream left out is unknown.
      version = undefined
      if (deps.monotonicMs() - startedMs >= LAST_RETRY_MS) retryMs = FIRST_RETRY_MS
      if (deps.isForbidden(error)) retryMs = FORBIDDEN_RETRY_MS
      tellTrouble(error, retryMs)
    }
    await deps.wait(retryMs * (0.8 + 0.4 * deps.random()), signal)
    retryMs = Math.min(retryMs * 2, LAST_RETRY_MS)
  }
}

async function followOnce<T> (
  source: Source<T>, sink: Sink<T>, known: string | undefined, signal: AbortSignal
): Promise<string | undefined> {
  let version = known
  if (version === undefined) {
    const list = await source.list(signal)
    sink.reset(list.items)
    version = list.version
  }
  try {
    const onOpen = (): void => sink.setCurrent?.(true)
    return await source.watch(version, { onOpen, onPut: sink.put, onRemove: sink.remove }, signal)
  } finally {
    sink.setCurrent?.(false)
  }
}

/** A missing right is said once, with what to grant; everything else as often as it happens, which back-off bounds. */
function createTrouble ({ name, right, isForbidden, log }: FollowDeps): (error: unknown, retryMs: number) => void {
  let isTold = false
  return (err, retryMs) => {
    if (!isForbidden(err)) {
      log.warn({ event: 'facts.broken', facts: name, retryMs, err }, 'watch broke, trying again')
    } else if (!isTold) {
      isTold = true
      const hint = `Grant ${right} to the ServiceAccount of the webhook: apply manifests/webhook-rbac.yaml`
      log.warn({ event: 'facts.forbidden', facts: name, hint }, 'the webhook may not watch this, it counts as unknown')
    }
  }
}
