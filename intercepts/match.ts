import { WaylayError } from '../common/errors.ts'
import { MIN_PERSONAL_VALUE_LENGTH } from '../common/contract.ts'

/** One condition on a request header, in the words of the Gateway API's HTTPHeaderMatch. Names compare in any case. */
export type HeaderMatch = {
  readonly type: 'Exact'
  /** Lower case. */
  readonly name: string
  /** Compared byte by byte, after optional whitespace at both ends is removed (RFC 9110, 5.5). */
  readonly value: string
}

/** The condition of an intercept: all of it must hold. None at all means global. */
export type Match = {
  readonly headers: readonly HeaderMatch[]
}

// RFC 9110, 5.6.2: token.
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/

/**
 * Reads `name=value` as given to --http-header. The first `=` ends the name, so a value may hold `=`, `:`, `,`, spaces.
 *
 * @throws {WaylayError} `WAYLAY_HEADER_MALFORMED` with the text as given.
 */
export function parseHeaderMatch (text: string): HeaderMatch {
  const at = text.indexOf('=')
  if (at === -1) throw malformed(text, 'there is no "="')
  const name = text.slice(0, at).trim().toLowerCase()
  const value = text.slice(at + 1).trim()
  if (!TOKEN.test(name)) throw malformed(text, `"${name}" is not a header name`)
  if (value === '') throw malformed(text, 'the value is empty')
  // eslint-disable-next-line no-control-regex -- control characters are exactly what must be found
  if (/[\u0000-\u001f\u007f]/.test(value)) throw malformed(text, 'the value holds a control character')
  return { type: 'Exact', name, value }
}

/**
 * Reads `spec.match` of an Intercept, from the API or from a ticket.
 *
 * @throws {WaylayError} `WAYLAY_HEADER_MALFORMED` naming what is wrong.
 */
export function parseMatch (value: unknown): Match {
  const headers = (value as { headers?: unknown } | null)?.headers ?? []
  if (!Array.isArray(headers)) throw malformed(JSON.stringify(value), 'match.headers is not a list')
  const parsed = headers.map((item: unknown) => {
    const { type, name, value } = (item ?? {}) as Record<string, unknown>
    if (type !== undefined && type !== 'Exact') throw malformed(JSON.stringify(item), 'the type is not Exact')
    if (typeof name !== 'string' || typeof value !== 'string') {
      throw malformed(JSON.stringify(item), 'name and value are not both text')
    }
    // Joined below, this name would be read as another one and part of the value.
    if (name.includes('=')) throw malformed(JSON.stringify(item), `"${name}" is not a header name`)
    return parseHeaderMatch(`${name}=${value}`)
  })
  return { headers: sortHeaders(parsed) }
}

/** The same match, always in the same order and without repetition: what names, tickets and comparisons use. */
export function canonicalMatch (match: Match): Match {
  return { headers: sortHeaders(match.headers) }
}

/** Whether the match takes every request. */
export function isGlobal (match: Match): boolean {
  return match.headers.length === 0
}

/** Whether a match is specific enough for everybody's rights; otherwise it needs those of a global one. */
export function isPersonal (match: Match): boolean {
  return match.headers.some(header => header.value.length >= MIN_PERSONAL_VALUE_LENGTH)
}

/** The match in words, for messages and lists: `x-waylay-id=maria-3fk27d4a`, `every request`. */
export function describeMatch (match: Match): string {
  if (isGlobal(match)) return 'every request'
  return match.headers.map(header => `${header.name}=${header.value}`).join(' and ')
}

function sortHeaders (headers: readonly HeaderMatch[]): HeaderMatch[] {
  const byKey = new Map(headers.map(header => {
    const plain: HeaderMatch = { type: header.type, name: header.name.toLowerCase(), value: header.value }
    return [JSON.stringify([plain.name, plain.value]), plain] as const
  }))
  return [...byKey.entries()].sort(([a], [b]) => a < b ? -1 : 1).map(([, header]) => header)
}

function malformed (text: string, why: string): WaylayError {
  return new WaylayError('WAYLAY_HEADER_MALFORMED', `Cannot read the header condition "${text}": ${why}`)
}
