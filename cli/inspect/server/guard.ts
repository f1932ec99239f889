import { randomBytes, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'

const TOKEN_BYTES = 16
const PATH_BYTES = 8

/** Who may ask this server, and how they show it. */
export class Guard {
  /**
   * Everything lies below it. A cookie knows no port: below a path that could be known, a page of another program on
   * this machine, a preview for example, could have the browser send it there.
   */
  readonly base = `/waylay-${randomBytes(PATH_BYTES).toString('hex')}/`
  /** 128 bits, as hexadecimal digits. */
  readonly token = randomBytes(TOKEN_BYTES).toString('hex')
  readonly #cookie = randomBytes(TOKEN_BYTES).toString('hex')
  readonly #port: () => number

  constructor (port: () => number) {
    this.#port = port
  }

  /**
   * What is set for a visitor who has the token. Not `Strict`: a browser that follows the address from another site, a
   * terminal in a page for example, would not send it behind the redirect. Only the page itself is opened so.
   */
  get setCookie (): string {
    return `${this.#cookieName}=${this.#cookie}; Path=${this.base}; HttpOnly; SameSite=Lax`
  }

  /** Whether the name in the address bar is ours: a name of somebody else may lead to 127.0.0.1, too. */
  knowsHost ({ headers: { host } }: IncomingMessage): boolean {
    return host === `127.0.0.1:${this.#port()}` || host === `localhost:${this.#port()}`
  }

  /** Whether the request comes from this page, or from nobody's. */
  isOwnPage ({ method, headers }: IncomingMessage): boolean {
    const site = headers['sec-fetch-site']
    if (site !== undefined && site !== 'same-origin' && site !== 'none') return false
    if (headers.origin === undefined) return method === 'GET' || method === 'HEAD'
    return headers.origin === `http://${headers.host ?? ''}`
  }

  isToken (given: string | null): boolean {
    return given !== null && isEqual(given, this.token)
  }

  hasCookie ({ headers: { cookie = '' } }: IncomingMessage): boolean {
    return cookie.split(';').some(pair => {
      const [name, value = ''] = pair.trim().split('=')
      return name === this.#cookieName && isEqual(value, this.#cookie)
    })
  }

  // A cookie knows no port: several inspectors must not overwrite each other's.
  get #cookieName (): string {
    return `waylay-inspector-${this.#port()}`
  }
}

function isEqual (given: string, wanted: string): boolean {
  const a = Buffer.from(given)
  const b = Buffer.from(wanted)
  return a.length === b.length && timingSafeEqual(a, b)
}
