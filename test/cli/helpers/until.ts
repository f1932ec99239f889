import { setTimeout as delay } from 'node:timers/promises'

/** Waits until something is true, looking every few milliseconds. @throws {Error} after `timeoutMs`. */
export async function until (isTrue: () => boolean, timeoutMs = 50_000): Promise<void> {
  const endMs = performance.now() + timeoutMs
  while (!isTrue()) {
    if (performance.now() > endMs) throw new Error(`Still not so after ${timeoutMs} ms: ${isTrue.toString()}`)
    await delay(5)
  }
}
