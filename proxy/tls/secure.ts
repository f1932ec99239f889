import { isIP, type Socket } from 'node:net'
import type { SecureContext, SecureVersion, TLSSocket } from 'node:tls'
import { nodeTls } from '../node-modules.ts'
import { reset } from '../../tunnel/splice.ts'

/** What a caller asked for, asked of the app. */
export type TlsWish = {
  readonly serverName: string | undefined
  /** ALPN protocols, each with its length before it. */
  readonly alpn: Buffer | undefined
  /** At least one, the oldest first. */
  readonly versions: readonly SecureVersion[]
}

/**
 * Begins TLS on a connection to the app that stands. No authority vouches for the certificate: the app is a process of
 * this pod, reached over lo, and who it is says the certificate itself, which is compared with the mounted one.
 */
export function secureApp (socket: Socket, { serverName, alpn, versions }: TlsWish): TLSSocket {
  return makeResettable(nodeTls().connect({
    socket,
    secureContext: contextFor(versions),
    rejectUnauthorized: false,
    // RFC 6066 has no addresses, and Node refuses to send one.
    ...(serverName !== undefined && isIP(serverName) === 0 && { servername: serverName }),
    ...(alpn !== undefined && { ALPNProtocols: alpn })
  }), socket)
}

/**
 * Answers a caller's ClientHello, which is in the socket's stream again.
 *
 * @param alpn the protocol to answer with, its length before it; one that the caller offers.
 */
export function answerTls (socket: Socket, secureContext: SecureContext, alpn: Buffer | undefined): TLSSocket {
  const secure = new (nodeTls().TLSSocket)(socket, {
    isServer: true, secureContext, ...(alpn !== undefined && { ALPNProtocols: alpn })
  })
  // Node leaves what breaks after the handshake to its own server, which is not here.
  secure.on('_tlsError', (error: Error) => secure.destroy(error))
  return makeResettable(secure, socket)
}

// Node resets TCP only: a TLS connection is reset by the one under it.
function makeResettable (secure: TLSSocket, socket: Socket): TLSSocket {
  // Errors come to the one above, but for one that is on its way already.
  socket.on('error', () => {})
  secure.resetAndDestroy = () => {
    reset(socket)
    return secure.destroy()
  }
  return secure
}

const contexts = new Map<string, SecureContext>()

// Made once: with each connection it would cost more than the handshake.
function contextFor (versions: readonly SecureVersion[]): SecureContext {
  const key = versions.join()
  const [minVersion = 'TLSv1.2'] = versions
  const context = contexts.get(key) ??
    nodeTls().createSecureContext({ ca: [], minVersion, maxVersion: versions.at(-1) ?? minVersion })
  contexts.set(key, context)
  return context
}
