import { once } from 'node:events'
import { createServer as createHttpServer, type IncomingMessage } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { ExecutionContext } from 'ava'
import type { PemPair } from './certificate.ts'

export type TestProxy = {
  readonly port: number
  /** `host:port` of every connection that was asked for. */
  readonly asked: string[]
  /** `Proxy-Authorization` of each, or user:password of SOCKS. */
  readonly credentials: (string | undefined)[]
}

type ConnectProxy = {
  /** TLS to the proxy itself. */
  readonly pair?: PemPair
  /** Refuses everything with this status. */
  readonly status?: number
  readonly host?: string
}

/** A real proxy that knows CONNECT and nothing else. Names of servers that do not exist lead to 127.0.0.1. */
export async function startConnectProxy (
  t: ExecutionContext, { pair, status, host = '127.0.0.1' }: ConnectProxy = {}
): Promise<TestProxy> {
  const server = pair === undefined ? createHttpServer() : createHttpsServer({ cert: pair.certificate, key: pair.key })
  const proxy: Omit<TestProxy, 'port'> = { asked: [], credentials: [] }
  server.on('connect', (request: IncomingMessage, near: Duplex) => {
    proxy.asked.push(request.url ?? '')
    proxy.credentials.push(request.headers['proxy-authorization'])
    near.on('error', () => {})
    if (status !== undefined) return void near.end(`HTTP/1.1 ${status} No\r\ncontent-length: 0\r\n\r\n`)
    const far = dial(request.url ?? '')
    far.on('connect', () => {
      near.write('HTTP/1.1 200 Connection established\r\n\r\n')
      near.pipe(far).pipe(near)
    })
  })
  return { ...proxy, port: await listen(t, server, host) }
}

/** A real SOCKS5 proxy that asks for a password where one is given. */
export async function startSocksProxy (t: ExecutionContext, password?: string): Promise<TestProxy> {
  const proxy: Omit<TestProxy, 'port'> = { asked: [], credentials: [] }
  const server = createServer(near => {
    near.on('error', () => {})
    void serveSocks(near, proxy, password).catch(() => { near.destroy() })
  })
  return { ...proxy, port: await listen(t, server, '127.0.0.1') }
}

async function serveSocks (near: Socket, proxy: Omit<TestProxy, 'port'>, password: string | undefined): Promise<void> {
  await once(near, 'readable')
  near.read()
  near.write(Buffer.from([5, password === undefined ? 0 : 2]))
  if (password !== undefined) {
    const asked = await read(near)
    const user = asked.toString('utf8', 2, 2 + (asked[1] ?? 0))
    proxy.credentials.push(`${user}:${asked.toString('utf8', 3 + user.length)}`)
    near.write(Buffer.from([1, asked.toString('utf8', 3 + user.length) === password ? 0 : 1]))
  }
  const wish = await read(near)
  const port = wish.readUInt16BE(wish.length - 2)
  const host = wish[3] === 3 ? wish.toString('utf8', 5, wish.length - 2) : [...wish.subarray(4, 8)].join('.')
  proxy.asked.push(`${host}:${port}`)
  const far = dial(`${host}:${port}`)
  await once(far, 'connect')
  near.write(Buffer.from([5, 0, 0, 1, 0, 0, 0, 0, 0, 0]))
  near.pipe(far).pipe(near)
}

async function read (socket: Socket): Promise<Buffer> {
  for (;;) {
    const bytes = socket.read() as Buffer | null
    if (bytes !== null) return bytes
    await once(socket, 'readable')
  }
}

function dial (place: string): Socket {
  const [, host = '', port = ''] = /^\[?([^\]]*?)\]?:(\d+)$/.exec(place) ?? []
  const socket = connect({ host: host.endsWith('.example') ? '127.0.0.1' : host, port: Number(port) })
  socket.on('error', () => {})
  return socket
}

async function listen (t: ExecutionContext, server: Server, host: string): Promise<number> {
  const open = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    open.add(socket)
    socket.on('close', () => open.delete(socket))
  })
  server.listen(0, host)
  await once(server, 'listening')
  t.teardown(() => {
    for (const socket of open) socket.destroy()
    server.close()
  })
  return (server.address() as AddressInfo).port
}
