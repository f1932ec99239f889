import type { Socket } from 'node:net'
import type { WaylayError } from '../../common/errors.ts'
import type { WaylayCode } from '../../common/failures.ts'
import { SOCKS_REPLY, SocksHandshake, writeSocksReply, type SocksReply } from './socks-handshake.ts'

/** For all of a handshake, however slowly it comes. */
const HANDSHAKE_MS = 10_000

export type SocksRequest = { readonly host: string, readonly port: number, readonly rest: Buffer }

/**
 * Reads the handshake of one connection. Resolves with what it asks for, the socket paused and not answered yet;
 * undefined where it asked for nothing that there is, and was answered and ended.
 */
export async function readSocksRequest (socket: Socket, limitMs = HANDSHAKE_MS): Promise<SocksRequest | undefined> {
  const handshake = new SocksHandshake()
  const { promise, resolve } = Promise.withResolvers<SocksRequest | undefined>()
  const timer = setTimeout(() => {
    socket.destroy()
    resolve(undefined)
  }, limitMs)
  const onData = (bytes: Buffer): void => {
    handshake.push(bytes)
    for (let step = handshake.next(); step.kind !== 'more'; step = handshake.next()) {
      if (step.kind === 'answer') socket.write(step.bytes)
      else return void resolve(step.kind === 'request' ? step : refuse(socket, step.bytes))
    }
  }
  const onGone = (): void => {
    socket.destroy()
    resolve(undefined)
  }
  socket.on('data', onData).on('end', onGone).on('close', onGone).resume()
  const request = await promise
  clearTimeout(timer)
  socket.off('data', onData).off('end', onGone).off('close', onGone)
  if (request !== undefined) socket.pause()
  return request
}

/** Which of the few words of SOCKS says it best. */
export function socksReplyFor ({ code }: WaylayError): SocksReply {
  return REPLIES[code] ?? SOCKS_REPLY.failed
}

const REPLIES: Partial<Readonly<Record<WaylayCode, SocksReply>>> = {
  WAYLAY_EGRESS_FORBIDDEN: SOCKS_REPLY.notAllowed,
  WAYLAY_REACH_FORBIDDEN: SOCKS_REPLY.notAllowed,
  WAYLAY_FORBIDDEN: SOCKS_REPLY.notAllowed,
  WAYLAY_REACH_UNKNOWN: SOCKS_REPLY.hostUnreachable,
  WAYLAY_REACH_REFUSED: SOCKS_REPLY.refused,
  WAYLAY_NO_CLUSTER: SOCKS_REPLY.networkUnreachable
}

/** Answers a request that failed, and ends the connection. */
export function refuseSocks (socket: Socket, error: WaylayError): void {
  refuse(socket, writeSocksReply(socksReplyFor(error)))
}

function refuse (socket: Socket, bytes: Buffer): undefined {
  socket.end(bytes)
  // What still comes is read and dropped, so that no reset overtakes the answer; not for ever.
  socket.resume()
  setTimeout(() => { socket.destroy() }, REFUSED_LINGER_MS).unref()
  return undefined
}

const REFUSED_LINGER_MS = 1000
