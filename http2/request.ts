import type { HeaderList } from './header-list.ts'

/**
 * A request's fields, as an intercept is asked about them. Valid until the list is filled anew.
 */
export class Http2Request {
  method = ''
  /** `:path`, query included; of a CONNECT its authority. */
  target = ''
  #authority: string | undefined
  readonly #fields: HeaderList
  readonly #seen = new Map<string, string>()

  constructor (fields: HeaderList) {
    this.#fields = fields
  }

  /**
   * Looks at the fields that the list holds now.
   *
   * @returns false when they are not a request that every server reads alike (RFC 9113, 8.2 and 8.3): then nobody
   *   diverts it, and the app says what it thinks of it.
   */
  read (): boolean {
    const { names, values, length } = this.#fields
    let at = 0
    const seen = this.#seen
    seen.clear()
    for (; at < length && isPseudo(names[at] as string); at++) {
      const value = values[at] as string
      if (!isCleanValue(value)) return false
      const name = names[at] as string
      if (seen.has(name) || !PSEUDO.has(name)) return false
      seen.set(name, value)
    }
    const method = seen.get(':method')
    const path = seen.get(':path')
    this.#authority = seen.get(':authority')
    const isConnect = method === 'CONNECT'
    // Of an extended CONNECT only (RFC 8441, 4).
    if (seen.has(':protocol') && !isConnect) return false
    if (!isConnect && (path === undefined || !seen.has(':scheme'))) return false
    const target = isConnect && path === undefined ? this.#authority : path
    if (method === undefined || !TOKEN.test(method) || target === undefined || !TARGET.test(target)) return false
    this.method = method
    this.target = target
    return this.#areClean(at)
  }

  /** The values of all fields of one name, without the whitespace around them. @param name lower case. */
  values (name: string): readonly string[] {
    const { names, values, length } = this.#fields
    let found: string[] | undefined
    for (let index = 0; index < length; index++) {
      if (names[index] === name) (found ??= []).push(trimOws(values[index] as string))
    }
    if (found === undefined) return name === 'host' && this.#authority !== undefined ? [this.#authority] : NONE
    // A cookie may come in crumbs (RFC 9113, 8.2.3).
    return name === 'cookie' && found.length > 1 ? [found.join('; ')] : found
  }

  #areClean (from: number): boolean {
    const { names, values, length } = this.#fields
    for (let index = from; index < length; index++) {
      const name = names[index] as string
      const value = values[index] as string
      if (!FIELD_NAME.test(name) || !isCleanValue(value) || HOP_BY_HOP.has(name)) return false
      if (name === 'te' && value !== 'trailers') return false
      if (name === 'host' && this.#authority !== undefined && value !== this.#authority) return false
    }
    return true
  }
}

const NONE: readonly string[] = []

/** Fields that mean something else, or nothing, in HTTP/2 (RFC 9113, 8.2.2). */
export const HOP_BY_HOP: ReadonlySet<string> =
  new Set(['connection', 'keep-alive', 'proxy-connection', 'transfer-encoding', 'upgrade'])

const PSEUDO: ReadonlySet<string> = new Set([':method', ':scheme', ':path', ':authority', ':protocol'])

// RFC 9110, 5.6.2, in lower case (RFC 9113, 8.2.1).
const FIELD_NAME = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,32}$/
const TARGET = /^[!-~\u0080-\u00ff]+$/

function isPseudo (name: string): boolean {
  return name.charCodeAt(0) === 58
}

function isCleanValue (value: string): boolean {
  return !value.includes('\0') && !value.includes('\r') && !value.includes('\n')
}

function trimOws (text: string): string {
  let start = 0
  let end = text.length
  while (start < end && isOws(text.charCodeAt(start))) start++
  while (end > start && isOws(text.charCodeAt(end - 1))) end--
  return start === 0 && end === text.length ? text : text.slice(start, end)
}

function isOws (code: number): boolean {
  return code === 32 || code === 9
}
