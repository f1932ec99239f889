import { WaylayError } from '../common/errors.ts'
import { canonicalGlob, compileGlob, splitGlob } from './glob.ts'
import { MATCH_LIMITS } from './match-limits.ts'
import { refusedText } from './refused-text.ts'

/**
 * A condition on the path, in the words of the Gateway API's HTTPPathMatch. The path is compared as it was sent,
 * without the query, letter by letter in its case: nothing is decoded and no `..` resolved.
 */
export type PathMatch = {
  /**
   * `Exact`: equal. `PathPrefix`: whole segments, `/api` means `/api` and `/api/x`, never `/apix`. `Glob`: see glob.ts;
   * a `*` goes across slashes.
   */
  readonly type: 'Exact' | 'PathPrefix' | 'Glob'
  readonly value: string
}

/**
 * Reads `match.path`, or what a flag of the command line says.
 *
 * @throws {WaylayError} `WAYLAY_MATCH_MALFORMED` naming what is wrong.
 */
export function readPathMatch (item: unknown): PathMatch {
  const { type, value, ...more } = (item ?? {}) as Record<string, unknown>
  const text = refusedText(typeof value === 'string' ? value : item)
  if (type !== 'Exact' && type !== 'PathPrefix' && type !== 'Glob') {
    throw malformed(text, 'the type is not Exact, PathPrefix or Glob')
  }
  if (typeof value !== 'string') throw malformed(text, 'the value is not text')
  const [unknown] = Object.keys(more)
  if (unknown !== undefined) throw malformed(text, `"${unknown}" is not known here`)
  checkLength(value)
  const mayStart = type === 'Glob' ? '/*' : '/'
  if (value === '' || !mayStart.includes(value[0] as string)) throw malformed(text, 'it does not begin with "/"')
  const forbidden = /[?#]/.exec(value)?.[0]
  if (forbidden !== undefined) throw malformed(text, `"${forbidden}" is never part of a path; the query cannot be asked for`)
  // eslint-disable-next-line no-control-regex -- control characters are exactly what must be found
  if (/[\u0000-\u0020\u007f]/.test(value)) throw malformed(text, 'it holds a space or a control character, which a path has as %20')
  const path = canonicalPath({ type, value })
  checkLength(path.value)
  return path
}

/** The one way to write what a condition means. */
export function canonicalPath ({ type, value }: PathMatch): PathMatch {
  if (type === 'Exact') return { type, value }
  if (type === 'PathPrefix') return { type, value: value.replace(/\/+$/, '') || '/' }
  const pieces = splitGlob(value)
  return pieces.length === 1 ? { type: 'Exact', value: pieces[0] ?? '' } : { type, value: canonicalGlob(value) }
}

/** Makes a condition ready to be asked for every request, with paths whose characters are bytes. */
export function compilePath ({ type, value }: PathMatch): (path: string) => boolean {
  const bytes = Buffer.from(value).toString('latin1')
  switch (type) {
    case 'Exact': return path => path === bytes
    case 'Glob': return compileGlob(bytes)
    case 'PathPrefix':
      if (bytes === '/') return () => true
      return path => path.startsWith(bytes) && (path.length === bytes.length || path[bytes.length] === '/')
  }
}

/**
 * The path in a request target (RFC 9112, 3.2), without the query, or in an HTTP/2 `:path`.
 *
 * @returns undefined where the target has none: `*` of OPTIONS, `host:port` of CONNECT.
 */
export function pathOf (target: string): string | undefined {
  if (target.charCodeAt(0) === SLASH) return withoutQuery(target)
  const [scheme] = ABSOLUTE.exec(target) ?? []
  if (scheme === undefined) return undefined
  const rest = target.slice(scheme.length)
  // An absolute URI with nothing behind its authority asks for the root.
  return rest.startsWith('/') ? withoutQuery(rest) : '/'
}

const SLASH = 47
const ABSOLUTE = /^[A-Za-z][A-Za-z0-9+.-]*:\/\/[^/?]*/

function withoutQuery (text: string): string {
  const at = text.indexOf('?')
  return at === -1 ? text : text.slice(0, at)
}

function checkLength (value: string): void {
  if (value.length <= MATCH_LIMITS.pathLength) return
  throw malformed(refusedText(value), `it has ${value.length} characters, at most ${MATCH_LIMITS.pathLength} are allowed`)
}

function malformed (text: string, why: string): WaylayError {
  return new WaylayError('WAYLAY_MATCH_MALFORMED', `Cannot read the path condition "${text}": ${why}`, {
    hint: 'Write a path as it is sent, for example --http-path-prefix /api or --http-path-glob "/api/*/orders".'
  })
}
