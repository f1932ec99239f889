import type { Duplex } from 'node:stream'
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { once } from 'node:events'
import type { ExecutionContext } from 'ava'
import { appAddress } from '../../../browse/app-address.ts'
import { AppConnections } from '../../../cli/preview/app-connections.ts'
import { AppSession } from '../../../cli/preview/app-session.ts'
import { Http2Callers } from '../../../cli/preview/http2-caller.ts'
import { servePreview } from '../../../cli/preview/serve.ts'
import type { TurnFacts } from '../../../cli/preview/site.ts'

/** A preview in this process whose app is any server: its connections are plain sockets instead of port-forwards. */
export type TestPreview = {
  readonly port: number
  readonly url: string
  readonly turns: TurnFacts[]
  /** Connections that were opened to the app. */
  readonly opened: Socket[]
  /** Opens a plain connection to the preview. */
  readonly connect: () => Promise<Socket>
}

export type TestPreviewOptions = {
  /** Where the next connection to the app leads. Throws instead of it. */
  readonly appPort: () => number
  /** Wraps the connection to the app. */
  readonly wrap?: (socket: Socket) => Duplex
}

export async function startTestPreview (
  t: ExecutionContext, { appPort, wrap }: TestPreviewOptions
): Promise<TestPreview> {
  const turns: TurnFacts[] = []
  const opened: Socket[] = []
  const dial = async (): Promise<{ stream: Duplex, pod: string }> => {
    const socket = connect({ host: '127.0.0.1', port: appPort(), noDelay: true })
    opened.push(socket)
    // As on the way to a pod, which looks at why it was refused.
    socket.once('error', () => {})
    return { stream: wrap?.(socket) ?? socket, pod: 'payments-1' }
  }
  const isWanted = (): boolean => true
  const connections = new AppConnections({ dial, isWanted })
  const session = new AppSession({ dial, isWanted })
  const app = appAddress({ service: 'payments', namespace: 'shop', port: 80, tls: false })
  const entry = await servePreview({
    ports: [0],
    siteFor: port => {
      const address = `http://127.0.0.1:${port}`
      const site = {
        address,
        mappingFor: (host: string | undefined) => ({ preview: host === undefined ? address : `http://${host}`, app }),
        routing: [{ name: 'x-waylay-id', value: 'maria-3fk27d4a' }],
        connections,
        onTurn: (facts: TurnFacts) => { turns.push(facts) }
      }
      return { site, http2: new Http2Callers(site, session) }
    },
    onTls: () => {}
  })
  t.teardown(() => {
    entry.stop()
    connections.stop()
    session.stop()
  })
  return {
    port: entry.port,
    url: `http://127.0.0.1:${entry.port}`,
    turns,
    opened,
    connect: async () => {
      const socket = connect({ host: '127.0.0.1', port: entry.port, allowHalfOpen: true })
      await once(socket, 'connect')
      t.teardown(() => { socket.destroy() })
      return socket
    }
  }
}

/** Listens on a free port until the test is over. */
export async function listen (t: ExecutionContext, server: Server): Promise<number> {
  const sockets = new Set<Socket>()
  server.on('connection', socket => {
    sockets.add(socket)
    socket.on('error', () => {}).on('close', () => sockets.delete(socket))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  return (server.address() as AddressInfo).port
}

/** An app that answers each connection as it is told to, byte by byte. */
export async function startRawApp (t: ExecutionContext, serve: (socket: Socket) => void): Promise<number> {
  return await listen(t, createServer({ allowHalfOpen: true }, serve))
}
