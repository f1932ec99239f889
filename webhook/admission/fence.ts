// The last moment that a Date can be: 8.64e15 ms since the epoch, below 2^53. The CRD says the same.
export const MAX_FENCE = 8_640_000_000_000_000

/** A fence as it was stored: a time, or undefined for anything that we would never have written. */
export function readFence (value: unknown): number | undefined {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= MAX_FENCE ? value : undefined
}

/**
 * The fence of a new holder: the time of acquisition, but higher than the one before although a clock went back.
 *
 * One at the very end, which only somebody's hand can have written, is not counted on from: no ticket of ours holds it.
 */
export function nextFence (before: number | undefined, nowMs: number): number {
  return before === undefined || before >= MAX_FENCE ? nowMs : Math.max(nowMs, before + 1)
}
