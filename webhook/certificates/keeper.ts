import { toWaylayError } from '../../common/errors.ts'
import type { Logger } from '../../common/log.ts'

/** What keeping needs from outside. */
export type KeeperDeps = {
  /** One look at everything; resolves with the ms until the next. */
  readonly check: () => Promise<number>
  /** Resolves after the time, when something changed, or when the signal fires. */
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>
  readonly log: Logger
}

const FIRST_RETRY_MS = 500
const LONGEST_RETRY_MS = 30_000

/**
 * Keeps Secret, configuration and what is served level, until the signal fires. Somebody may reset any of them at any
 * time, and at start the API server may not be there yet: so it is one loop for all of it.
 */
export async function keepKeys ({ check, wait, log }: KeeperDeps, signal: AbortSignal): Promise<void> {
  let retryMs = FIRST_RETRY_MS
  while (!signal.aborted) {
    try {
      const dueMs = await check()
      retryMs = FIRST_RETRY_MS
      await wait(dueMs, signal)
    } catch (error) {
      const failure = toWaylayError(error)
      const facts = { event: 'keys.check-failed', code: failure.code, hint: failure.hint, retryMs, err: failure }
      log.warn(facts, 'keys not checked, trying again')
      await wait(retryMs, signal)
      retryMs = Math.min(retryMs * 2, LONGEST_RETRY_MS)
    }
  }
}
