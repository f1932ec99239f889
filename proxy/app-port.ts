import type { Server, Socket } from 'node:net'
import { SOURCE_ADDRESSES } from '../common/contract.ts'
import type { AppPort } from '../common/injected.ts'
import type { Logger } from '../common/log.ts'
import { addressesOf, dialApp, plainAddress, type DialResult } from './app-dial.ts'
import { findCheck } from './check/find-check.ts'
import { CallerConnection } from './connection.ts'
import { listenForCallers } from './listener.ts'
import type { Metrics } from './metrics.ts'
import type { RouteTable } from './routes.ts'
import { openConnection } from './tls/open-connection.ts'
import type { TlsPort } from './tls/tls-port.ts'

export type AppPortDeps = {
  readonly routes: RouteTable
  readonly metrics: Metrics
  /** Name of this pod. */
  readonly pod: string
  /** False where lo has none of our source addresses. */
  readonly useSources: boolean
  /** Whether requests get their caller's address appended to X-Forwarded-For. */
  readonly forwardedFor: boolean
  readonly onDial: (result: DialResult) => void
  /** Told of every accepted socket, and of every accept() that failed. */
  readonly onAccept: (accepted: { readonly caller: Socket } | { readonly errorCode: string }) => void
  readonly log: Logger
  /** Where the port's TLS is to be opened. */
  readonly tls?: TlsPort | undefined
}

const IPV4_SOURCES = addressesOf(SOURCE_ADDRESSES.ipv4Prefix)

/** Serves one app port: every caller that the kernel redirects to its listener. */
export async function serveAppPort ({ port, listener, redirect }: AppPort, deps: AppPortDeps): Promise<Server> {
  const label = String(port)
  const turns = deps.metrics.turns.forPort(port)
  return await listenForCallers({
    listener,
    log: deps.log,
    onAcceptError: errorCode => deps.onAccept({ errorCode }),
    onSocket: caller => deps.onAccept({ caller }),
    onCaller: caller => {
      const address = { address: caller.remoteAddress ?? '', port: caller.remotePort ?? 0 }
      openConnection(caller, {
        tls: deps.tls,
        dialTcp: () => dial(caller, port, deps),
        asksApp: deps.routes.forPort(port).global === undefined
      }, ({ wire, dialApp, untouched }) => new CallerConnection(wire, {
        port,
        caller: address,
        forwardedFor: deps.forwardedFor,
        propagates: redirect === 'always',
        routes: () => deps.routes.forPort(port),
        findCheck: head => findCheck(head, deps.routes.forPort(port), deps.pod),
        dialApp,
        onTurn: route => { turns[route]++ },
        mayDivert: route => {
          if (route.mayOpen()) return true
          deps.metrics.overload.inc({ reason: 'streams' })
          route.report({ event: 'overload', reason: 'too many of its connections are open' })
          return false
        },
        onOpaque: found => {
          const reason = found === 'tls' ? untouched ?? found : found
          deps.metrics.opaque.inc({ port: label, reason })
          for (const route of deps.routes.forPort(port).list) route.report({ event: 'opaque', reason })
        }
      }))
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
      // A port-forward comes in on the loopback: whether the app listens there says nothing of the pod's own addresses.
      const { errorCode = 'ECONNREFUSED' } = result
      if (!isLoopback(address) || errorCode !== 'ECONNREFUSED') deps.onDial(result)
    }
  })
}

function isLoopback (address: string): boolean {
  return address === '::1' || address.startsWith('127.')
}
