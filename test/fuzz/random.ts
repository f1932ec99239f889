/** Random numbers that a seed repeats: the same seed makes the same case on every machine. */
export type Random = {
  /** From 0 up to, not with, `limit`; whole. */
  readonly below: (limit: number) => number
  /** From `low` to `high`, both included. */
  readonly between: (low: number, high: number) => number
  readonly chance: (probability: number) => boolean
  readonly pick: <T>(choices: readonly T[]) => T
}

/** Mulberry32 over a mixed seed: small, and good enough to reach every branch. */
export function createRandom (...seeds: readonly number[]): Random {
  let state = 0x9e3779b9
  for (const seed of seeds) state = mix(state ^ mix(seed | 0))
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0
    return mix(state) / 2 ** 32
  }
  return {
    below: limit => Math.floor(next() * limit),
    between: (low, high) => low + Math.floor(next() * (high - low + 1)),
    chance: probability => next() < probability,
    pick: choices => {
      const [first] = choices
      if (first === undefined) throw new Error('Cannot pick from nothing')
      return choices[Math.floor(next() * choices.length)] ?? first
    }
  }
}

function mix (value: number): number {
  let mixed = Math.imul(value ^ (value >>> 15), 0x2c1b3c6d)
  mixed = Math.imul(mixed ^ (mixed >>> 12), 0x297a2d39)
  return (mixed ^ (mixed >>> 15)) >>> 0
}
