import type { Match } from './match.ts'

/** What decides who gets a request that several intercepts match. */
export type Ranked = {
  readonly match: Match
  /** Time of acquisition, ms since the epoch. */
  readonly fence: number
  /** Name of the Intercept. */
  readonly intercept: string
}

/**
 * Orders intercepts so that the first that matches is the one: more exact header conditions first, then the older one,
 * then by name. The same on every pod, because it depends on nothing but the tickets.
 */
export function byPrecedence (a: Ranked, b: Ranked): number {
  return b.match.headers.length - a.match.headers.length ||
    a.fence - b.fence ||
    (a.intercept < b.intercept ? -1 : a.intercept > b.intercept ? 1 : 0)
}
