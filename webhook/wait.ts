import { setTimeout as sleep } from 'node:timers/promises'

/** Resolves after the time, or at once when the signal fires. */
export async function wait (ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => undefined)
}
