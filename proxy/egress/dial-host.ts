import { connect, isIP, type Socket } from 'node:net'
import { WaylayError } from '../../common/errors.ts'
import { whyForbidden } from '../../tunnel/forbidden-address.ts'
import { ownAddresses } from '../own-addresses.ts'
import { allowedAddresses } from './allowed-addresses.ts'
import { resolveHost } from './resolve-host.ts'

/** How long one address may be silent before the next one is tried beside it (RFC 8305, 8). */
const NEXT_ADDRESS_MS = 250
/** More addresses than this are not tried: a name may have hundreds. */
const MAX_ADDRESSES = 16

export type DialHostDeps = {
  readonly resolve: (host: string, signal: AbortSignal) => Promise<readonly { readonly address: string }[]>
  readonly own: () => readonly string[]
  readonly connect: (address: string, port: number) => Socket
}

export const DIAL_HOST: DialHostDeps = {
  resolve: resolveHost,
  own: ownAddresses,
  connect: (host, port) => connect({ host, port, allowHalfOpen: true, noDelay: true })
}

/**
 * Opens a connection from this pod to a host, by name or address. What is dialled are the addresses that were checked;
 * nothing is resolved a second time.
 *
 * @param signal ends it, also while it resolves or dials.
 * @throws {WaylayError} `WAYLAY_REACH_UNKNOWN`, `WAYLAY_REACH_FORBIDDEN`, `WAYLAY_REACH_REFUSED`
 */
export async function dialHost (
  host: string, port: number, signal: AbortSignal, deps: DialHostDeps = DIAL_HOST
): Promise<Socket> {
  const found = isIP(host) !== 0 ? [host] : await untilAborted(deps.resolve(host, signal), signal)
  const own = deps.own()
  const addresses = allowedAddresses(host, found.map(item => typeof item === 'string' ? item : item.address), own)
  const socket = await race(addresses.slice(0, MAX_ADDRESSES), port, signal, deps.connect)
  // The kernel's own word on who is at the other end.
  const why = whyForbidden(socket.remoteAddress ?? '', own)
  if (why === undefined) return socket
  socket.destroy()
  throw new WaylayError('WAYLAY_REACH_FORBIDDEN', `${host} is never reached through a pod: ${why}`)
}

/** The first that accepts; each has a head start before the next. */
async function race (
  addresses: readonly string[], port: number, signal: AbortSignal, dial: DialHostDeps['connect']
): Promise<Socket> {
  const { promise, resolve, reject } = Promise.withResolvers<Socket>()
  const dialled = new Set<Socket>()
  const failures: NodeJS.ErrnoException[] = []
  let next = 0
  let timer: NodeJS.Timeout | undefined
  const tryNext = (): void => {
    clearTimeout(timer)
    const address = addresses[next++]
    if (address === undefined) {
      if (dialled.size === 0) reject(refused(port, addresses, failures))
      return
    }
    const socket = dial(address, port)
    dialled.add(socket)
    socket.once('connect', () => { resolve(socket) })
    socket.once('error', error => {
      failures.push(error)
      dialled.delete(socket)
      tryNext()
    })
    timer = setTimeout(tryNext, NEXT_ADDRESS_MS)
  }
  const onAbort = (): void => reject(signal.reason)
  signal.addEventListener('abort', onAbort)
  if (signal.aborted) onAbort()
  else tryNext()
  try {
    const winner = await promise
    dialled.delete(winner)
    winner.removeAllListeners('error').on('error', () => {})
    return winner
  } finally {
    clearTimeout(timer)
    next = addresses.length
    signal.removeEventListener('abort', onAbort)
    for (const loser of dialled) loser.on('error', () => {}).destroy()
  }
}

function refused (port: number, addresses: readonly string[], failures: readonly NodeJS.ErrnoException[]): WaylayError {
  const codes = [...new Set(failures.map(({ code, message }) => code ?? message))].join(', ')
  return new WaylayError('WAYLAY_REACH_REFUSED', `Nothing accepts connections at ${addresses.join(', ')} port ${port} (${codes})`,
    { cause: new AggregateError(failures) })
}

async function untilAborted<T> (work: Promise<T>, signal: AbortSignal): Promise<T> {
  const aborted = Promise.withResolvers<never>()
  const onAbort = (): void => aborted.reject(signal.reason)
  signal.addEventListener('abort', onAbort)
  if (signal.aborted) onAbort()
  try {
    return await Promise.race([work, aborted.promise])
  } finally {
    signal.removeEventListener('abort', onAbort)
    // Its own failure after that is nobody's.
    work.catch(() => {})
  }
}
