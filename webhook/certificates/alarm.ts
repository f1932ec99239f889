/** A wait that a change cuts short. */
export type Alarm = {
  /** Ends the wait, or the next one where nobody waits yet. */
  readonly ring: () => void
  /** Resolves after the time, when it rings, or when the signal fires. */
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>
}

/** @param sleep resolves after the time, or at once when the signal fires. */
export function createAlarm (sleep: (ms: number, signal: AbortSignal) => Promise<void>): Alarm {
  let bell = new AbortController()
  return {
    ring: () => { bell.abort() },
    wait: async (ms, signal) => {
      await sleep(ms, AbortSignal.any([bell.signal, signal]))
      if (bell.signal.aborted) bell = new AbortController()
    }
  }
}
