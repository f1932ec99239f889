import type { Socket } from 'node:net'
import { StreamWire } from '../stream-wire.ts'
import { TcpWire } from '../tcp-wire.ts'
import type { Wire } from '../wire.ts'
import { acceptTls } from './accept-tls.ts'
import type { TlsPort, UntouchedReason } from './tls-port.ts'

/** A caller's connection as the proxy reads it. */
export type ReadableConnection = {
  readonly wire: Wire
  readonly dialApp: () => Wire
  /** Why it is TLS that nobody can read, where that is known; taken over for the reason `tls`. */
  readonly untouched?: UntouchedReason | undefined
}

/**
 * Makes a caller's socket readable: at once, or when its TLS was opened where the port has a certificate.
 *
 * @param caller a socket that has not begun to read.
 * @param serve called at most once; dials the app before it returns, if it is going to.
 */
export function openConnection (caller: Socket, { tls, dialTcp, asksApp }: {
  readonly tls: TlsPort | undefined
  readonly dialTcp: () => Socket
  readonly asksApp: boolean
}, serve: (connection: ReadableConnection) => void): void {
  if (tls?.certificates.newest === undefined) {
    const untouched = tls && 'tls-no-secret'
    serve({ wire: new TcpWire(caller), dialApp: () => new TcpWire(dialTcp()), untouched })
    return
  }
  acceptTls(caller, {
    port: tls,
    dialTcp,
    asksApp,
    onOpened: opened => serve({
      wire: new StreamWire(opened.caller), dialApp: () => new StreamWire(opened.dialApp())
    }),
    // These sockets have been read from, which a TcpWire does not take.
    onUntouched: ({ reason, dialApp }) => serve({
      wire: new StreamWire(caller), dialApp: () => new StreamWire(dialApp()), untouched: reason
    })
  })
}
