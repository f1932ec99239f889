import { connect, type Socket } from 'node:net'

export type Family = 4 | 6

/** What came of one dial: the verdict of the beat depends on it. */
export type DialResult = {
  readonly port: number
  readonly family: Family
  /** errno name, undefined when the app accepted. */
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

// One source address has 28,000 ports and keeps each for a minute after we close first, so they are used in turn.
let turn = 0

/**
 * Dials the app. The socket is returned at once, unconnected; EADDRNOTAVAIL is the only failure after which the next
 * dial is likely to go better, so the turn moves on with each dial.
 */
export function dialApp ({ address, port, sources, onResult }: DialOptions): Socket {
  const family: Family = address.includes(':') ? 6 : 4
  const source = sources[turn++ % Math.max(1, sources.length)]
  const socket = connect({
    host: address,
    port,
    family,
    allowHalfOpen: true,
    noDelay: true,
    ...(source !== undefined && { localAddress: source })
  })
  const onError = (error: NodeJS.ErrnoException): void => onResult({ port, family, errorCode: error.code ?? 'UNKNOWN' })
  socket.once('error', onError)
  socket.once('connect', () => {
    socket.off('error', onError)
    onResult({ port, family, errorCode: undefined })
  })
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
