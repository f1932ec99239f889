import type { Recipe } from './fuzz-case.ts'
import type { Random } from './random.ts'

const CALM: readonly Recipe['shape'][] = ['length', 'length', 'length', 'chunked', 'chunked', 'no-content', 'not-modified']
const ODD: readonly Recipe['shape'][] = ['until-close', 'upgrade', 'garbage', 'conflict', 'truncated', 'silent-close']
const DEVELOPERS_ODD: readonly Recipe['shape'][] = [...ODD, 'reset', 'refuse', 'gone', 'until-close']

/** How one of the two programs answers the requests of a connection, in the order in which it reads them. */
export function generateRecipes (random: Random, { wild, flood, side }: {
  readonly wild: boolean, readonly flood: boolean, readonly side: 'app' | 'developer'
}): Recipe[] {
  const odd = side === 'app' ? ODD : DEVELOPERS_ODD
  return Array.from({ length: 12 }, (_, index) => ({
    shape: random.chance(wild ? 0.3 : 0.1) ? random.pick(wild && side === 'app' ? [...odd, 'reset' as const] : odd) : random.pick(CALM),
    status: random.pick([200, 200, 200, 201, 206, 302, 404, 426, 500, 503]),
    interims: random.chance(0.1) ? random.pick([[100], [103], [102, 103]]) : [],
    bodyBytes: flood && index === 0 ? 6_000_000 : bodySize(random),
    early: random.chance(wild ? 0.2 : 0.03),
    saysClose: random.chance(0.06),
    closesSilently: wild && random.chance(0.1),
    extra: random.chance(side === 'app' ? (wild ? 0.1 : 0) : 0.04),
    delayMs: random.chance(0.15) ? random.between(1, 20) : 0,
    pieces: random.pick([1, 1, 1, 2, 5, 30])
  }))
}

function bodySize (random: Random): number {
  const size = random.below(100)
  if (size < 85) return random.below(300)
  return size < 97 ? random.below(50_000) : random.between(100_000, 1_200_000)
}
