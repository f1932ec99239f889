import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { duplexPair, type Duplex } from 'node:stream'
import { promisify } from 'node:util'
import type { RedirectMode } from '../../common/injected.ts'
import { OpenTurns } from '../../proxy/open-turns.ts'
import { Presence } from '../../proxy/presence.ts'
import { serveAppPort, type AppPortDeps } from '../../proxy/app-port.ts'
import { createMetrics } from '../../proxy/metrics.ts'
import { splice } from '../../tunnel/splice.ts'
import { RouteTable, type Route, type RouteReport } from '../../proxy/routes.ts'
import { encodeStreamReply, readStreamHead } from '../../tunnel/stream-head.ts'

/** Whoever ends what was started: a test, or a program that runs without one. */
export type Owner = {
  teardown (end: () => void): void
}

/** An app behind the proxy's own code on real sockets; only the kernel's redirect and the tunnel are left out. */
export type ProxiedPort = {
  readonly port: number
  readonly routes: RouteTable
  readonly opaqueReasons: () => Promise<readonly string[]>
  /** How many callers' connections the proxy holds. */
  readonly openConnections: () => Promise<number>
  /** A raw connection of a caller. */
  readonly call: () => Promise<Caller>
  /** Adds an intercept whose requests reach `port` on this machine. Returns its route and what was reported of it. */
  readonly intercept: (value: string, port: number, options?: InterceptOptions) => Intercept
  /** Adds an intercept whose streams `answer` gets as they come out of a tunnel, heads and all. */
  readonly interceptStreams: (value: string, answer: (stream: Duplex) => void) => Intercept
}

export type InterceptOptions = {
  /** How late the far side accepts a stream. What the program says until then comes in one piece with that. */
  readonly acceptDelayMs?: number
  readonly hostHeader?: string
}

export type Intercept = {
  readonly route: Route
  readonly reports: RouteReport[]
  /** Cuts the session. */
  readonly cut: () => void
  /** Since the last byte of the developer's side, as `route.presence` sees it. */
  readonly silence: { ms: number }
}

export type Caller = {
  readonly socket: Socket
  readonly send: (text: string) => void
  /** Waits until everything received so far ends with, or contains, `text`. Resolves with all of it. */
  readonly received: (text: string) => Promise<string>
  /** Waits for the end of the connection. Resolves with everything received, and `reset` when it was cut. */
  readonly end: () => Promise<{ readonly text: string, readonly reset: boolean }>
}

/** Listens on port 0; closed with the test. */
export async function listen (t: Owner, onConnection: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>()
  const server = createServer({ allowHalfOpen: true }, socket => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => sockets.delete(socket))
    onConnection(socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  return portOf(server)
}

/** Starts the proxy in front of an app's port. */
export async function proxyPort (
  t: Owner, appPort: number, options: Partial<AppPortDeps> = {}, redirect: RedirectMode = 'always'
): Promise<ProxiedPort> {
  const routes = new RouteTable(() => {})
  const metrics = createMetrics({})
  const log = { error: () => {}, warn: () => {}, info: () => {}, debug: () => {} }
  const server = await serveAppPort({ port: appPort, listener: 0, redirect }, {
    routes, metrics, pod: 'payments-1', useSources: false, forwardedFor: false, onDial: () => {}, onAccept: () => {}, log, ...options
  })
  t.teardown(() => server.close())
  const port = portOf(server)
  return {
    port,
    routes,
    opaqueReasons: async () => metrics.opaque.entries().map(({ labels }) => labels.reason),
    openConnections: async () => await promisify(server.getConnections.bind(server))(),
    call: async () => await openCaller(t, port),
    intercept: (value, to, { acceptDelayMs = 0, hostHeader } = {}) => addIntercept(routes, appPort, value, stream => {
      void deliver(stream, to, acceptDelayMs).catch(() => {})
    }, hostHeader),
    interceptStreams: (value, answer) => addIntercept(routes, appPort, value, answer)
  }
}

function addIntercept (
  routes: RouteTable, port: number, value: string, answer: (stream: Duplex) => void, hostHeader?: string
): Intercept {
  const streams = new Set<Duplex>()
  const reports: RouteReport[] = []
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
    mayOpen: () => true,
    openStream: () => {
      if (gone) throw new Error('gone')
      const [ours, theirs] = duplexPair()
      streams.add(ours)
      // A stream of the tunnel is one thing: what ends one end of it early ends the other.
      for (const [end, other] of [[ours, theirs], [theirs, ours]] as const) {
        end.on('error', () => {})
        end.on('close', () => {
          // In good order: the other end may still have to read what was said last.
          if (end.readableEnded && end.writableFinished) return
          other.destroy(end.readableEnded ? undefined : new Error('reset'))
        })
      }
      answer(theirs)
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
  return { route, reports, cut, silence }
}

// What the CLI does with a stream, without the tunnel under it.
async function deliver (stream: Duplex, port: number, acceptDelayMs: number): Promise<void> {
  const { rest } = await readStreamHead(stream)
  const program = connect({ host: '127.0.0.1', port, allowHalfOpen: true })
  program.once('error', () => {
    if (program.connecting || program.bytesRead > 0) return
    stream.end(encodeStreamReply({ ok: false, code: 'WAYLAY_DEVELOPER_REFUSED', message: `Nothing listens on ${port}` }))
  })
  program.once('connect', () => {
    if (acceptDelayMs === 0) accept()
    else setTimeout(accept, acceptDelayMs)
  })
  function accept (): void {
    stream.cork()
    stream.write(encodeStreamReply({ ok: true }))
    const first = program.read() as Buffer | null
    if (first !== null) stream.write(first)
    stream.uncork()
    if (rest.length > 0) program.write(rest)
    splice(stream, program)
  }
}

async function openCaller (t: Owner, port: number): Promise<Caller> {
  const socket = connect({ host: '127.0.0.1', port, allowHalfOpen: true, noDelay: true })
  t.teardown(() => socket.destroy())
  let text = ''
  let over: { readonly reset: boolean } | undefined
  const watchers = new Set<() => void>()
  const changed = (): void => {
    for (const watcher of watchers) watcher()
  }
  socket.setEncoding('latin1')
  socket.on('data', (piece: string) => {
    text += piece
    changed()
  })
  socket.on('end', () => {
    over ??= { reset: false }
    changed()
  })
  socket.on('error', () => {
    over ??= { reset: true }
    changed()
  })
  await once(socket, 'connect')
  const until = async <T>(look: () => T | undefined): Promise<T> => await new Promise(resolve => {
    const check = (): void => {
      const found = look()
      if (found === undefined) return
      watchers.delete(check)
      resolve(found)
    }
    watchers.add(check)
    check()
  })
  return {
    socket,
    send: piece => socket.write(Buffer.from(piece, 'latin1')),
    received: async wanted => await until(() => text.includes(wanted) ? text : undefined),
    end: async () => await until(() => over === undefined ? undefined : { text, reset: over.reset })
  }
}

function portOf (server: Server): number {
  return (server.address() as AddressInfo).port
}
