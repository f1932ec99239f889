import { MIN_PERSONAL_VALUE_LENGTH } from '../common/contract.ts'
import { WaylayError } from '../common/errors.ts'
import { canonicalHeaders, readHeaderMatch, type HeaderMatch } from './header-match.ts'
import { MATCH_LIMITS } from './match-limits.ts'
import { readMethods } from './methods.ts'
import { canonicalPath, readPathMatch, type PathMatch } from './path-match.ts'
import { refusedText } from './refused-text.ts'

/**
 * The condition of an intercept, in the words of the Gateway API's HTTPRouteMatch where it has them: all of it must
 * hold. None at all means global.
 */
export type Match = {
  readonly headers: readonly HeaderMatch[]
  readonly path?: PathMatch
  /** The request has one of them. Never empty. */
  readonly methods?: readonly string[]
}

/**
 * Reads `spec.match` of an Intercept, from the API or from a ticket. A condition that it does not know is refused:
 * left out, the intercept would take more than was asked for.
 *
 * @throws {WaylayError} `WAYLAY_HEADER_MALFORMED` or `WAYLAY_MATCH_MALFORMED` naming what is wrong.
 */
export function parseMatch (value: unknown): Match {
  const { headers, path, methods, ...more } = objectOf(value)
  const [unknown] = Object.keys(more)
  if (unknown !== undefined) throw malformed(value, `"${unknown}" is not known here`)
  const list = headers ?? []
  if (!Array.isArray(list)) {
    throw new WaylayError('WAYLAY_HEADER_MALFORMED', `Cannot read the header conditions ${refusedText(list)}: it is not a list`)
  }
  const match = canonicalMatch({
    headers: list.map(readHeaderMatch),
    ...(path !== undefined && path !== null && { path: readPathMatch(path) }),
    ...(methods !== undefined && methods !== null && { methods: readMethods(methods) })
  })
  if (match.headers.length > MATCH_LIMITS.headers) {
    throw malformed(value, `it has ${match.headers.length} header conditions, at most ${MATCH_LIMITS.headers} are allowed`)
  }
  return match
}

/** The same match, always in the same order and without repetition: what names, tickets and comparisons use. */
export function canonicalMatch ({ headers, path, methods = [] }: Match): Match {
  return {
    headers: canonicalHeaders(headers),
    ...(path !== undefined && { path: canonicalPath(path) }),
    ...(methods.length > 0 && { methods: [...new Set(methods)].sort() })
  }
}

/** Whether the match takes every request. */
export function isGlobal ({ headers, path, methods = [] }: Match): boolean {
  return headers.length === 0 && path === undefined && methods.length === 0
}

/** Whether a match is specific enough for everybody's rights; otherwise it needs those of a global one. */
export function isPersonal (match: Match): boolean {
  return match.headers.some(({ type, value }) => type === 'Exact' && value.length >= MIN_PERSONAL_VALUE_LENGTH)
}

function objectOf (value: unknown): Record<string, unknown> {
  if (value === undefined || value === null) return {}
  if (typeof value !== 'object' || Array.isArray(value)) throw malformed(value, 'it is not an object')
  return value as Record<string, unknown>
}

function malformed (value: unknown, why: string): WaylayError {
  return new WaylayError('WAYLAY_MATCH_MALFORMED', `Cannot read the match ${refusedText(value)}: ${why}`)
}
