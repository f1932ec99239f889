/** Time, as a standing intercept needs it. Tests pass one that they move by hand. */
export type StandClock = {
  /** Milliseconds since any fixed moment; never goes back, but may stand still while the machine sleeps. */
  readonly now: () => number
  /** The machine's own clock, ms since the epoch: it goes on while the machine sleeps, and people set it. */
  readonly wallNow: () => number
  /** Calls back once, unless the returned function is called before. Keeps no process alive. */
  readonly after: (delayMs: number, run: () => void) => () => void
}

export const machineClock: StandClock = {
  now: () => performance.now(),
  wallNow: () => Date.now(),
  after: (delayMs, run) => {
    const timer = setTimeout(run, delayMs).unref()
    return () => { clearTimeout(timer) }
  }
}

/** A moment on both clocks. */
export type Moment = { readonly nowMs: number, readonly wallMs: number }

export function momentOf (clock: StandClock): Moment {
  return { nowMs: clock.now(), wallMs: clock.wallNow() }
}

/** How long ago a moment was, by the clock that says more: one of them may have stood still or been set back. */
export function sinceMs (clock: StandClock, { nowMs, wallMs }: Moment): number {
  return Math.max(clock.now() - nowMs, clock.wallNow() - wallMs)
}

/** Waits. Resolves early when the signal comes. */
export async function pause (clock: StandClock, delayMs: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return
  const { promise, resolve } = Promise.withResolvers<void>()
  const onAbort = (): void => { resolve() }
  const cancel = clock.after(delayMs, resolve)
  signal.addEventListener('abort', onAbort)
  await promise
  cancel()
  signal.removeEventListener('abort', onAbort)
}
