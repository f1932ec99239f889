import { toWaylayError } from '../../common/errors.ts'
import type { Logger } from '../../common/log.ts'

export type KeepExpiringDeps = {
  readonly expire: () => Promise<void>
  /** Resolves after the time, or at once when the signal fires. */
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>
  /** 0 to 1: the replicas shall not ask at the same moment. */
  readonly random: () => number
  readonly log: Logger
}

const PERIOD_MS = 5_000
/** Short: what expired during an outage is to be gone soon after it. */
const LONGEST_RETRY_MS = 15_000

/** Looks at once, for what expired while nobody did, and again and again until the signal fires. Never rejects. */
export async function keepExpiring (
  { expire, wait, random, log }: KeepExpiringDeps, signal: AbortSignal
): Promise<void> {
  let periodMs = PERIOD_MS
  while (!signal.aborted) {
    try {
      await expire()
      periodMs = PERIOD_MS
    } catch (error) {
      periodMs = Math.min(periodMs * 2, LONGEST_RETRY_MS)
      const facts = { event: 'expiry.failed', retryMs: periodMs, err: toWaylayError(error) }
      log.warn(facts, 'environments not looked at, trying again')
    }
    await wait(periodMs * (0.8 + 0.4 * random()), signal)
  }
}
