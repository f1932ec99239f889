import { splitGlob } from './glob.ts'
import type { Match } from './match.ts'
import { MATCH_LIMITS } from './match-limits.ts'

/** What decides who gets a request that several intercepts match. */
export type Ranked = {
  readonly match: Match
  /** Time of acquisition, ms since the epoch. */
  readonly fence: number
  /** Name of the Intercept. */
  readonly intercept: string
}

/**
 * Orders intercepts so that the first that matches is the one. The same on every pod, because it depends on nothing but
 * the tickets. First comes, and where they are alike in that the next line decides:
 *
 * 1. the one with more exact header conditions,
 * 2. with more header patterns,
 * 3. with more literal characters in its header patterns,
 * 4. with an exact path,
 * 5. with more literal characters in its path, a prefix before a pattern of the same length,
 * 6. with methods, fewer before more,
 * 7. the older one,
 * 8. the one whose name comes first.
 */
export function byPrecedence (a: Ranked, b: Ranked): number {
  const [left, right] = [specificity(a.match), specificity(b.match)]
  for (const [index, value] of left.entries()) {
    const difference = (right[index] ?? 0) - value
    if (difference !== 0) return difference
  }
  return a.fence - b.fence || (a.intercept < b.intercept ? -1 : a.intercept > b.intercept ? 1 : 0)
}

// Higher comes first, place by place.
function specificity ({ headers, path, methods = [] }: Match): readonly number[] {
  const patterns = headers.filter(({ type }) => type === 'Glob')
  return [
    headers.length - patterns.length,
    patterns.length,
    patterns.reduce((sum, { value }) => sum + literalLength(value), 0),
    path?.type === 'Exact' ? 1 : 0,
    path === undefined ? -1 : path.type === 'Glob' ? literalLength(path.value) : path.value.length,
    path?.type === 'PathPrefix' ? 1 : 0,
    methods.length === 0 ? -MATCH_LIMITS.methods - 1 : -methods.length
  ]
}

function literalLength (pattern: string): number {
  return splitGlob(pattern).reduce((sum, piece) => sum + piece.length, 0)
}
