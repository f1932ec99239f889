import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { duplexPair, type Duplex } from 'node:stream'
import type { ExecutionContext } from 'ava'
import { findCheck } from '../../proxy/check/find-check.ts'
import { OpenTurns } from '../../proxy/open-turns.ts'
import { Presence } from '../../proxy/presence.ts'
import { Http2Connection } from '../../proxy/http2/connection.ts'
import { TcpWire } from '../../proxy/tcp-wire.ts'
import { RouteTable, type Route, type RouteReport } from '../../proxy/routes.ts'
import { encodeStreamReply, readStreamHead } from '../../tunnel/stream-head.ts'
import { splice } from '../../tunnel/splice.ts'

export type Http2Port = {
  readonly routes: RouteTable
  /** Adds an intercept whose streams reach `port` on this machine. */
  readonly intercept: (value: string, port: number, mayOpen?: () => boolean, hostHeader?: string) => {
    readonly route: Route
    readonly reports: RouteReport[]
    /** Cuts the session. */
    readonly cut: () => void
    /** Since the last byte of the developer's side, as `route.presence` sees it. */
    readonly silence: { ms: number }
    /** Protocol of each stream's head. */
    readonly protocols: string[]
  }
  readonly port: number
  readonly turns: ('app' | 'developer')[]
  readonly opaque: string[]
  /** How many connections callers opened. */
  readonly accepted: () => number
}

/** An app that speaks HTTP/2, behind the proxy's own code on real sockets. */
export async function proxyHttp2 (
  t: ExecutionContext, appPort: number, { propagates = true } = {}
): Promise<Http2Port> {
  const routes = new RouteTable(() => {})
  const turns: ('app' | 'developer')[] = []
  const opaque: string[] = []
  let accepted = 0
  const sockets = new Set<Socket>()
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay: true }, socket => {
    accepted++
    const app = connect({ host: '127.0.0.1', port: appPort, allowHalfOpen: true, noDelay: true })
    for (const each of [socket, app]) {
      sockets.add(each)
      each.on('close', () => sockets.delete(each))
    }
    const sides = { caller: new TcpWire(socket), app: new TcpWire(app) }
    void new Http2Connection(sides, {
      port: appPort,
      caller: { address: '127.0.0.1', port: socket.remotePort ?? 0 },
      propagates,
      routes: () => routes.forPort(appPort),
      findCheck: head => findCheck(head, routes.forPort(appPort), 'payments-1'),
      mayDivert: route => route.mayOpen(),
      onTurn: kind => turns.push(kind),
      onOpaque: reason => opaque.push(reason)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  const { port } = server.address() as AddressInfo
  const intercept: Http2Port['intercept'] = (value, to, mayOpen, hostHeader) =>
    addIntercept(routes, appPort, value, to, mayOpen, hostHeader)
  return { port, routes, intercept, turns, opaque, accepted: () => accepted }
}

function addIntercept (
  routes: RouteTable, port: number, value: string, to: number, mayOpen = (): boolean => true, hostHeader?: string
): ReturnType<Http2Port['intercept']> {
  const streams = new Set<Duplex>()
  const reports: RouteReport[] = []
  const protocols: string[] = []
  let gone = false
  const silence = { ms: 0 }
  const route: Route = {
    intercept: `i-${value}`,
    port,
    fence: 1,
    match: { headers: value === '' ? [] : [{ type: 'Exact', name: 'x-waylay-id', value }] },
    hostHeader,
    holder: { sessionKey: '', onReplaced: () => {} },
    presence: new Presence(() => silence.ms),
    turns: new OpenTurns(),
    mayOpen: () => mayOpen(),
    openStream: () => {
      if (gone) throw new Error('gone')
      const [ours, theirs] = duplexPair()
      streams.add(ours)
      // A stream of the tunnel is one thing: what ends one end of it early ends the other.
      for (const [end, other] of [[ours, theirs], [theirs, ours]] as const) {
        end.on('error', () => {})
        end.on('close', () => other.destroy(end.readableEnded ? undefined : new Error('reset')))
      }
      void deliver(theirs, to, protocols).catch(() => {})
      return ours
    },
    isGone: () => gone,
    report: report => reports.push(report)
  }
  routes.add(route)
  const cut = (): void => {
    gone = true
    routes.remove(route)
    for (const stream of streams) stream.destroy(new Error('session lost'))
  }
  return { route, reports, protocols, cut, silence }
}

// What the CLI does with a stream, without the tunnel under it.
async function deliver (stream: Duplex, port: number, protocols: string[]): Promise<void> {
  const { head, rest } = await readStreamHead(stream)
  protocols.push(head.protocol)
  const program = connect({ host: '127.0.0.1', port, allowHalfOpen: true, noDelay: true })
  program.once('error', () => {
    if (program.connecting || program.bytesRead > 0) return
    stream.end(encodeStreamReply({ ok: false, code: 'WAYLAY_DEVELOPER_REFUSED', message: `Nothing listens on ${port}` }))
  })
  program.once('connect', () => {
    stream.write(encodeStreamReply({ ok: true }))
    if (rest.length > 0) program.write(rest)
    splice(stream, program)
  })
}
