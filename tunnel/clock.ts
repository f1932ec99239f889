/** Time, as the tunnel needs it. Tests pass one that they move by hand. */
export type Clock = {
  /** Milliseconds since any fixed moment; never goes back. */
  readonly now: () => number
  /** Milliseconds since the epoch, as the machine believes: goes on while the machine sleeps, and may jump. */
  readonly wallNow: () => number
  /** Calls `tick` every `intervalMs` until the returned function is called. Keeps no process alive. */
  readonly every: (intervalMs: number, tick: () => void) => () => void
}

export const systemClock: Clock = {
  now: () => performance.now(),
  wallNow: () => Date.now(),
  every: (intervalMs, tick) => {
    const timer = setInterval(tick, intervalMs).unref()
    return () => { clearInterval(timer) }
  }
}

/** Calls `action` once, `delayMs` from now, unless the returned function is called before. */
export function after (clock: Clock, delayMs: number, action: () => void): () => void {
  const stop = clock.every(delayMs, () => {
    stop()
    action()
  })
  return stop
}
