import { setTimeout as delay } from 'node:timers/promises'

/** What to wait for, and how long. */
export type WaitOptions = {
  readonly what: string
  readonly timeoutMs: number
  readonly everyMs?: number
  readonly signal?: AbortSignal | undefined
}

/** Asks again and again until the answer is something; the failure names what was waited for and the last reason. */
export async function waitFor<T> (ask: () => Promise<T | undefined>, options: WaitOptions): Promise<T> {
  const deadline = Date.now() + options.timeoutMs
  let reason: unknown
  for (;;) {
    options.signal?.throwIfAborted()
    try {
      const answer = await ask()
      if (answer !== undefined) return answer
      reason = undefined
    } catch (error) {
      reason = error
    }
    if (Date.now() > deadline) break
    // Not with the signal: its failure would be a bare AbortError, and the reason is what people need.
    await delay(options.everyMs ?? 100)
  }
  throw new Error(`Gave up waiting for ${options.what} after ${options.timeoutMs / 1000} s`, { cause: reason })
}
