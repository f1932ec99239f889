import { toWaylayError } from '../../common/errors.ts'
import type { Logger } from '../../common/log.ts'

export type KeepSweepingDeps = {
  readonly sweep: () => Promise<void>
  /** Resolves after the time, or at once when the signal fires. */
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>
  /** 0 to 1: the replicas shall not ask at the same moment. */
  readonly random: () => number
  readonly log: Logger
}

const PERIOD_MS = 15_000
const LONGEST_RETRY_MS = 120_000

/** Sweeps again and again until the signal fires; less often while that fails. */
export async function keepSweeping (
  { sweep, wait, random, log }: KeepSweepingDeps, signal: AbortSignal
): Promise<void> {
  let periodMs = PERIOD_MS
  while (!signal.aborted) {
    await wait(periodMs * (0.8 + 0.4 * random()), signal)
    if (signal.aborted) return
    try {
      await sweep()
      periodMs = PERIOD_MS
    } catch (error) {
      periodMs = Math.min(periodMs * 2, LONGEST_RETRY_MS)
      const facts = { event: 'sweep.failed', retryMs: periodMs, err: toWaylayError(error) }
      log.warn(facts, 'intercepts not looked at, trying again')
    }
  }
}
