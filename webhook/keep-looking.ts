import { toWaylayError } from '../common/errors.ts'
import type { Logger } from '../common/log.ts'

export type KeepLookingDeps = {
  readonly look: () => Promise<void>
  /** Resolves after the time, or at once when the signal fires. */
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>
  /** 0 to 1: the replicas shall not ask at the same moment. */
  readonly random: () => number
  readonly log: Logger
}

/** How often it looks, and what it says when it cannot. */
export type Rhythm = {
  readonly periodMs: number
  /** Longest time between two looks while they fail. */
  readonly longestRetryMs: number
  readonly failure: { readonly event: string, readonly text: string }
}

/** Looks at once, and again and again until the signal fires; less often while that fails. Never rejects. */
export async function keepLooking (
  { look, wait, random, log }: KeepLookingDeps, rhythm: Rhythm, signal: AbortSignal
): Promise<void> {
  let periodMs = rhythm.periodMs
  while (!signal.aborted) {
    try {
      await look()
      periodMs = rhythm.periodMs
    } catch (error) {
      periodMs = Math.min(periodMs * 2, rhythm.longestRetryMs)
      const { event, text } = rhythm.failure
      log.warn({ event, retryMs: periodMs, err: toWaylayError(error) }, `${text}, trying again`)
    }
    await wait(periodMs * (0.8 + 0.4 * random()), signal)
  }
}
