/** Numbers of RFC 1928. */
const VERSION = 5
const NO_AUTHENTICATION = 0
const NOTHING_ACCEPTABLE = 0xff
const CONNECT = 1
const IPV4 = 1
const NAME = 3
const IPV6 = 4

/** What the last field of a reply says (RFC 1928, 6). */
export const SOCKS_REPLY = {
  succeeded: 0,
  failed: 1,
  notAllowed: 2,
  networkUnreachable: 3,
  hostUnreachable: 4,
  refused: 5,
  noCommand: 7,
  noAddressType: 8
} as const

export type SocksReply = typeof SOCKS_REPLY[keyof typeof SOCKS_REPLY]

export type SocksStep =
  /** To be sent; the handshake goes on. */
  | { readonly kind: 'answer', readonly bytes: Buffer }
  | { readonly kind: 'more' }
  /** `rest` came right behind the request. */
  | { readonly kind: 'request', readonly host: string, readonly port: number, readonly rest: Buffer }
  /** To be sent before the end. */
  | { readonly kind: 'refused', readonly bytes: Buffer }

/**
 * The caller's half of a SOCKS5 handshake, from bytes in pieces of any size. No more is ever kept than the longest
 * greeting or request: 262 bytes and the piece that completes it.
 */
export class SocksHandshake {
  #bytes: Buffer = Buffer.alloc(0)
  #isGreeted = false

  /** Takes what came. To be followed by `next` until it says 'more'. */
  push (bytes: Buffer): void {
    this.#bytes = this.#bytes.length === 0 ? bytes : Buffer.concat([this.#bytes, bytes])
  }

  next (): SocksStep {
    const [version] = this.#bytes
    if (version === undefined) return MORE
    if (version !== VERSION) return { kind: 'refused', bytes: describeMistake(this.#bytes) }
    return this.#isGreeted ? this.#readRequest() : this.#readGreeting()
  }

  #readGreeting (): SocksStep {
    const count = this.#bytes[1]
    if (count === undefined || this.#bytes.length < 2 + count) return MORE
    const methods = this.#bytes.subarray(2, 2 + count)
    this.#bytes = this.#bytes.subarray(2 + count)
    if (!methods.includes(NO_AUTHENTICATION)) return { kind: 'refused', bytes: Buffer.from([VERSION, NOTHING_ACCEPTABLE]) }
    this.#isGreeted = true
    return { kind: 'answer', bytes: Buffer.from([VERSION, NO_AUTHENTICATION]) }
  }

  #readRequest (): SocksStep {
    const [, command, reserved, type, first] = this.#bytes
    if (command !== undefined && command !== CONNECT) return refuse(SOCKS_REPLY.noCommand)
    if (reserved !== undefined && reserved !== 0) return refuse(SOCKS_REPLY.failed)
    if (type !== undefined && ![IPV4, NAME, IPV6].includes(type)) return refuse(SOCKS_REPLY.noAddressType)
    if (type === undefined || first === undefined) return MORE
    const from = type === NAME ? 5 : 4
    const to = from + (type === NAME ? first : type === IPV4 ? 4 : 16)
    if (this.#bytes.length < to + 2) return MORE
    const host = readHost(type, this.#bytes.subarray(from, to))
    const port = this.#bytes.readUInt16BE(to)
    if (host === undefined || port === 0) return refuse(SOCKS_REPLY.failed)
    return { kind: 'request', host, port, rest: this.#bytes.subarray(to + 2) }
  }
}

/** The answer to a request. Where the connection comes from is the cluster's matter, so it is not told. */
export function writeSocksReply (reply: SocksReply): Buffer {
  return Buffer.from([VERSION, reply, 0, IPV4, 0, 0, 0, 0, 0, 0])
}

const MORE: SocksStep = { kind: 'more' }

function refuse (reply: SocksReply): SocksStep {
  return { kind: 'refused', bytes: writeSocksReply(reply) }
}

function readHost (type: number, bytes: Buffer): string | undefined {
  if (type === IPV4) return bytes.join('.')
  if (type === NAME) {
    const text = bytes.toString('latin1')
    return /^[A-Za-z0-9._:-]+$/.test(text) ? text : undefined
  }
  return Array.from({ length: 8 }, (_, index) => bytes.readUInt16BE(index * 2).toString(16)).join(':')
}

// An HTTP client shows its user what it gets; whoever speaks SOCKS4 or anything else understands nothing of ours.
function describeMistake (bytes: Buffer): Buffer {
  const isHttp = /^[A-Z]/.test(bytes.toString('latin1', 0, 1))
  const body = 'This is a SOCKS5 proxy, not an HTTP proxy. Try: curl --socks5-hostname\n'
  return Buffer.from(isHttp ? `HTTP/1.1 400 Bad Request\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}` : '')
}
