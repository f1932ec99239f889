/** The API server's clock, as its answers tell it. */
export type ServerClock = {
  /** ms since the epoch, whole ones, as tickets want them. The machine's own clock until the first answer. */
  nowMs (): number
  /**
   * Learns from one answer.
   *
   * @param date its `Date` header; anything that is none is passed over.
   * @param sentMs when the request left, by `performance.now()`.
   */
  learn (date: string | undefined, sentMs: number): void
}

/** What the clock needs from outside. */
export type ServerClockDeps = {
  /** Never jumps: the developer may set the machine's clock at any time. */
  readonly monotonicMs: () => number
  readonly machineNowMs: () => number
}

type Bounds = { readonly lowMs: number, readonly highMs: number, readonly atMs: number }

// A Date header is cut to whole seconds.
const ROUNDING_MS = 1000
// Two clocks drift apart by this at most: the fastest that NTP slews.
const DRIFT = 0.0005

/**
 * Keeps the difference between the server's clock and a monotonic one.
 *
 * One answer gives bounds: the server wrote its date, cut to a second, between our request and its answer. The bounds
 * of many answers together are narrower than those of one. Bounds that contradict the earlier ones replace them: the
 * machine slept (a monotonic clock may stand still meanwhile), or another API server answered.
 */
export function createServerClock (deps: ServerClockDeps): ServerClock {
  let known: Bounds | undefined
  return {
    nowMs: () => known === undefined
      ? deps.machineNowMs()
      : Math.round(deps.monotonicMs() + (known.lowMs + known.highMs) / 2),
    learn (date, sentMs) {
      const serverMs = date?.endsWith('GMT') === true ? Date.parse(date) : NaN
      if (Number.isNaN(serverMs)) return
      const atMs = deps.monotonicMs()
      const fresh = { lowMs: serverMs - atMs, highMs: serverMs + ROUNDING_MS - sentMs, atMs }
      known = known === undefined ? fresh : narrow(widen(known, atMs), fresh)
    }
  }
}

/** The one of this process. */
export function machineClock (): ServerClock {
  return createServerClock({ monotonicMs: () => performance.now(), machineNowMs: Date.now })
}

function widen ({ lowMs, highMs, atMs }: Bounds, nowMs: number): Bounds {
  const driftMs = (nowMs - atMs) * DRIFT
  return { lowMs: lowMs - driftMs, highMs: highMs + driftMs, atMs: nowMs }
}

function narrow (earlier: Bounds, fresh: Bounds): Bounds {
  const both = {
    lowMs: Math.max(earlier.lowMs, fresh.lowMs), highMs: Math.min(earlier.highMs, fresh.highMs), atMs: fresh.atMs
  }
  return both.lowMs <= both.highMs ? both : fresh
}
