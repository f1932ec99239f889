import { Socket } from 'node:net'

export type Family = 4 | 6

/** What came of one dial: the verdict of the beat depends on it. */
export type DialResult = {
  readonly port: number
  readonly family: Family
  /** errno name, undefined when the app accepted. EADDRNOTAVAIL only after several source addresses were tried. */
  readonly errorCode: string | undefined
}

export type DialOptions = {
  /** The pod's own address that the caller dialled; apps bound to it work, ports bound to 127.0.0.1 stay private. */
  readonly address: string
  readonly port: number
  /** Addresses on lo to dial from, of the same family. Empty: let the kernel choose. */
  readonly sources: readonly string[]
  readonly onResult: (result: DialResult) => void
}

/** All of IPv6's; of the 254 of IPv4 so many in a row are not exhausted by chance. */
const MAX_ATTEMPTS = 8

// One source address has 28,000 ports and keeps each for a minute after we close first, so they are used in turn.
let turn = 0

/**
 * Dials the app. The socket is returned at once, unconnected. Where a source address has no port left, the same socket
 * tries the next one before anybody hears of it; what was written waits.
 */
export function dialApp (options: DialOptions): Socket {
  const { address, port, onResult } = options
  const family: Family = address.includes(':') ? 6 : 4
  const socket = new DialSocket(options, family)
  const onError = ({ code }: NodeJS.ErrnoException): void => {
    const errorCode = code !== undefined && NO_PORT_LEFT.has(code) ? 'EADDRNOTAVAIL' : code ?? 'UNKNOWN'
    onResult({ port, family, errorCode })
  }
  socket.once('error', onError)
  socket.once('connect', () => {
    socket.off('error', onError)
    onResult({ port, family, errorCode: undefined })
  })
  // A dial that is given up has no result.
  socket.once('close', () => socket.off('error', onError))
  socket.dial()
  return socket
}

/** The address as one family writes it: without the prefix that a dual-stack listener gives IPv4 callers. */
export function plainAddress (address: string): string {
  return address.startsWith('::ffff:') ? address.slice(7) : address
}

/** Every host address of an IPv4 /24: `169.254.15.1/24` gives .1 to .254. */
export function addressesOf (prefix: string): string[] {
  const base = prefix.split('/')[0]?.split('.').slice(0, 3).join('.')
  return Array.from({ length: 254 }, (_, index) => `${base}.${index + 1}`)
}

// A bound source that has no port left answers EADDRINUSE (at connect, though it is bind that failed), the kernel's own
// choice EADDRNOTAVAIL, as does an address that is not on lo.
const NO_PORT_LEFT: ReadonlySet<string> = new Set(['EADDRINUSE', 'EADDRNOTAVAIL'])

class DialSocket extends Socket {
  readonly #options: DialOptions
  readonly #family: Family
  #next = turn++
  #attemptsLeft: number

  constructor (options: DialOptions, family: Family) {
    super({ allowHalfOpen: true })
    this.setNoDelay(true)
    this.#options = options
    this.#family = family
    this.#attemptsLeft = Math.min(MAX_ATTEMPTS, Math.max(1, options.sources.length))
  }

  dial (): void {
    const { address, port, sources } = this.#options
    const localAddress = sources[this.#next++ % Math.max(1, sources.length)]
    this.#attemptsLeft--
    this.connect({ host: address, port, family: this.#family, ...(localAddress !== undefined && { localAddress }) })
  }

  // Node reports a failed attempt by destroying the socket with its error. Until then writes and the end wait for
  // `connect`, whatever the attempt, so a fresh handle is all that is needed.
  override destroy (error?: Error): this {
    const code = (error as NodeJS.ErrnoException | undefined)?.code ?? ''
    if (this.destroyed || this.#attemptsLeft === 0 || !NO_PORT_LEFT.has(code)) return super.destroy(error)
    const inner = this as unknown as { _handle: { close (): void } | null }
    inner._handle?.close()
    inner._handle = null
    this.dial()
    return this
  }

  // Node calls it for each new handle; it would forget that the stream was already ended by its writer.
  _undestroy (): void {}
}
