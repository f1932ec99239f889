/** Time, as the tunnel needs it. Tests pass one that they move by hand. */
export type Clock = {
  /** Milliseconds since any fixed moment; never goes back. */
  readonly now: () => number
  /** Calls `tick` every `intervalMs` until the returned function is called. Keeps no process alive. */
  readonly every: (intervalMs: number, tick: () => void) => () => void
}

export const systemClock: Clock = {
  now: () => performance.now(),
  every: (intervalMs, tick) => {
    const timer = setInterval(tick, intervalMs).unref()
    return () => { clearInterval(timer) }
  }
}
