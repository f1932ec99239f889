/** Repeatable randomness (mulberry32): a failing case is found again by its seed. */
export type Random = {
  /** 0 to `below` - 1. */
  readonly integer: (below: number) => number
  readonly bytes: (length: number) => Buffer
}

export function createRandom (seed: number): Random {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return (mixed ^ (mixed >>> 14)) >>> 0
  }
  return {
    integer: below => next() % below,
    bytes: length => {
      const bytes = Buffer.alloc(length)
      for (let index = 0; index < length; index++) bytes[index] = next() & 255
      return bytes
    }
  }
}

/** Cuts bytes into pieces of 1 to `largest` bytes. */
export function splitRandomly (bytes: Buffer, largest: number, random: Random): Buffer[] {
  const pieces: Buffer[] = []
  for (let from = 0; from < bytes.length;) {
    const to = Math.min(bytes.length, from + 1 + random.integer(largest))
    pieces.push(bytes.subarray(from, to))
    from = to
  }
  return pieces
}

export function splitBytewise (bytes: Buffer): Buffer[] {
  return Array.from(bytes, (_, index) => bytes.subarray(index, index + 1))
}
