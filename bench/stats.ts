/** Middle value; NaN of nothing. */
export function median (values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  const high = sorted[middle] ?? NaN
  return sorted.length % 2 === 1 ? high : ((sorted[middle - 1] ?? NaN) + high) / 2
}

export type Range = readonly [low: number, high: number]

/** Smallest and largest. */
export function range (values: readonly number[]): Range {
  return [Math.min(...values), Math.max(...values)]
}

/**
 * The middle 95 % of a statistic over rounds drawn again and again with replacement (percentile bootstrap). A round is
 * drawn as a whole, so that what slows all sides of one round down does not count as a difference between them.
 */
export function bootstrap (
  rounds: number, statistic: (indexes: readonly number[]) => number, draws = 4000, random = seededRandom(1)
): Range {
  const values = Array.from({ length: draws }, () =>
    statistic(Array.from({ length: rounds }, () => Math.floor(random() * rounds)))).sort((a, b) => a - b)
  const at = (share: number): number => values[Math.round(share * (draws - 1))] ?? NaN
  return [at(0.025), at(0.975)]
}

/** mulberry32: the same numbers for the same seed, so that a report can be computed again. */
export function seededRandom (seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (state + 0x6D2B79F5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}
