import { WaylayError } from '../common/errors.ts'
import { canonicalGlob, splitGlob } from './glob.ts'
import { MATCH_LIMITS } from './match-limits.ts'
import { refusedText } from './refused-text.ts'

/**
 * One condition on a request header, in the words of the Gateway API's HTTPHeaderMatch. Names compare in any case. It
 * holds when any of the header's values fits, after optional whitespace at both ends is removed (RFC 9110, 5.5).
 */
export type HeaderMatch = {
  /** `Exact`: compared byte by byte. `Glob`: see glob.ts. */
  readonly type: 'Exact' | 'Glob'
  /** Lower case. */
  readonly name: string
  readonly value: string
}

// RFC 9110, 5.6.2: token.
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/

/**
 * Reads `name=value` as given to --http-header. The first `=` ends the name, so a value may hold `=`, `:`, `,`, spaces.
 * A value with a `*` in it is a pattern, in which `\*` is a star.
 *
 * @throws {WaylayError} `WAYLAY_HEADER_MALFORMED` with the text as given.
 */
export function parseHeaderMatch (text: string): HeaderMatch {
  const at = text.indexOf('=')
  if (at === -1) throw malformed(text, 'there is no "="')
  const value = text.slice(at + 1)
  return makeHeaderMatch(value.includes('*') ? 'Glob' : 'Exact', text.slice(0, at), value, text)
}

/**
 * The condition that one exact value makes, whatever characters are in it.
 *
 * @throws {WaylayError} `WAYLAY_HEADER_MALFORMED`.
 */
export function exactHeader (name: string, value: string): HeaderMatch {
  return makeHeaderMatch('Exact', name, value, `${name}=${value}`)
}

/**
 * Reads one item of `match.headers`.
 *
 * @throws {WaylayError} `WAYLAY_HEADER_MALFORMED` naming what is wrong.
 */
export function readHeaderMatch (item: unknown): HeaderMatch {
  const { type = 'Exact', name, value, ...more } = (item ?? {}) as Record<string, unknown>
  if (type !== 'Exact' && type !== 'Glob') throw malformed(item, 'the type is not Exact or Glob')
  if (typeof name !== 'string' || typeof value !== 'string') throw malformed(item, 'name and value are not both text')
  const [unknown] = Object.keys(more)
  if (unknown !== undefined) throw malformed(item, `"${unknown}" is not known here`)
  return makeHeaderMatch(type, name, value, item)
}

/** In a stable order and without repetition. */
export function canonicalHeaders (headers: readonly HeaderMatch[]): HeaderMatch[] {
  const byKey = new Map(headers.map(header => {
    const plain = canonicalHeader(header)
    return [JSON.stringify([plain.name, plain.value, plain.type]), plain] as const
  }))
  return [...byKey.entries()].sort(([a], [b]) => a < b ? -1 : 1).map(([, header]) => header)
}

// A pattern without a star is an exact value, and must be the same intercept as one.
function canonicalHeader ({ type, name, value }: HeaderMatch): HeaderMatch {
  const lowerCase = name.toLowerCase()
  const pieces = type === 'Exact' ? [value] : splitGlob(value)
  if (pieces.length === 1) return { type: 'Exact', name: lowerCase, value: pieces[0] ?? '' }
  return { type, name: lowerCase, value: canonicalGlob(value) }
}

function makeHeaderMatch (type: HeaderMatch['type'], rawName: string, rawValue: string, text: unknown): HeaderMatch {
  checkLength(text, 'name', rawName.trim(), MATCH_LIMITS.nameLength)
  checkLength(text, 'value', rawValue.trim(), MATCH_LIMITS.valueLength)
  const header = canonicalHeader({ type, name: rawName.trim(), value: rawValue.trim() })
  const { name, value } = header
  if (!TOKEN.test(name)) throw malformed(text, `"${name}" is not a header name`)
  if (value === '') throw malformed(text, 'the value is empty')
  // eslint-disable-next-line no-control-regex -- control characters are exactly what must be found
  if (/[\u0000-\u001f\u007f]/.test(value)) throw malformed(text, 'the value holds a control character')
  // Written the one way, a pattern may be longer.
  checkLength(text, 'value', value, MATCH_LIMITS.valueLength)
  return header
}

function checkLength (text: unknown, what: string, value: string, limit: number): void {
  if (value.length > limit) throw malformed(text, `the ${what} has ${value.length} characters, at most ${limit} are allowed`)
}

function malformed (text: unknown, why: string): WaylayError {
  return new WaylayError('WAYLAY_HEADER_MALFORMED', `Cannot read the header condition "${refusedText(text)}": ${why}`)
}
