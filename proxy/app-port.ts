import type { Server, Socket } from 'node:net'
import { SOURCE_ADDRESSES } from '../common/contract.ts'
import type { AppPort } from '../common/injected.ts'
import type { Logger } from '../common/log.ts'
import { addressesOf, dialApp, plainAddress, type DialResult } from './app-dial.ts'
import { CallerConnection } from './connection.ts'
import { listenForCallers } from './listener.ts'
import type { Metrics } from './metrics.ts'
import { TcpWire } from './tcp-wire.ts'
import type { RouteTable } from './routes.ts'

export type AppPortDeps = {
  readonly routes: RouteTable
  readonly metrics: Metrics
  /** False where lo has none of our source addresses. */
  readonly useSources: boolean
  readonly onDial: (result: DialResult) => void
  /** Told of every accepted socket, and of every accept() that failed. */
  readonly onAccept: (accepted: { readonly caller: Socket } | { readonly errorCode: string }) => void
  readonly log: Logger
}

const IPV4_SOURCES = addressesOf(SOURCE_ADDRESSES.ipv4Prefix)

/** Serves one app port: every caller that the kernel redirects to its listener. */
export async function serveAppPort ({ port, listener }: AppPort, deps: AppPortDeps): Promise<Server> {
  const label = String(port)
  // Looked up once: it is counted on the path of every request.
  const turns = {
    app: deps.metrics.turns.labels({ port: label, route: 'app' }),
    developer: deps.metrics.turns.labels({ port: label, route: 'developer' })
  }
  return await listenForCallers({
    listener,
    log: deps.log,
    onAcceptError: errorCode => deps.onAccept({ errorCode }),
    onSocket: caller => deps.onAccept({ caller }),
    onCaller: caller => {
      new CallerConnection(new TcpWire(caller), { // eslint-disable-line no-new -- it lives on its sockets' events
        port,
        caller: { address: caller.remoteAddress ?? '', port: caller.remotePort ?? 0 },
        routes: () => deps.routes.forPort(port),
        dialApp: () => new TcpWire(dial(caller, port, deps)),
        onTurn: route => turns[route].inc(),
        mayDivert: route => {
          if (route.mayOpen()) return true
          deps.metrics.overload.inc({ reason: 'streams' })
          route.report({ event: 'overload', reason: 'too many of its connections are open' })
          return false
        },
        onOpaque: reason => {
          deps.metrics.opaque.inc({ port: label, reason })
          for (const route of deps.routes.forPort(port).list) route.report({ event: 'opaque', reason })
        }
      })
    }
  })
}

function dial (caller: Socket, port: number, deps: AppPortDeps): Socket {
  const address = plainAddress(caller.localAddress ?? '127.0.0.1')
  const sources = address.includes(':') ? SOURCE_ADDRESSES.ipv6 : IPV4_SOURCES
  return dialApp({
    address,
    port,
    sources: deps.useSources ? sources : [],
    onResult: result => {
      if (result.errorCode !== undefined) deps.metrics.dialErrors.inc({ port: String(port), code: result.errorCode })
      deps.onDial(result)
    }
  })
}
