// One end of a connection on loopback with many short streams. Driven over stdin: listen, then load from another one.
import { once } from 'node:events'
import { connect as connectHttp2, createServer as createHttp2Server, type ClientHttp2Session } from 'node:http2'
import { connect, createServer, type AddressInfo, type Server } from 'node:net'
import type { Duplex } from 'node:stream'
import { serveCommands } from '../../test/e2e/fixtures/serve-commands.ts'
import { SessionRegistry } from '../../tunnel/session-registry.ts'
import { openSession } from '../../tunnel/open-session.ts'

const MESSAGE = Buffer.alloc(200, 'm')
const AT_ONCE = 64

/** Sends one message on a stream of its own; calls back when the other side has answered and closed. */
type Exchange = (onDone: (error?: Error) => void) => void

const listeners = { waylay: createWaylayServer, 'node-http2': createNodeHttp2Server }
const openers = { waylay: openWaylay, 'node-http2': openNodeHttp2 }
type Side = keyof typeof listeners

let exchange: Exchange = () => { throw new Error('not connected') }

serveCommands({
  listen: async ({ side }: { side: Side }) => {
    const server = listeners[side]()
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return (server.address() as AddressInfo).port
  },
  connect: async ({ side, port }: { side: Side, port: number }) => { exchange = await openers[side](port) },
  load: async ({ seconds }: { seconds: number }) => await load(exchange, seconds * 1000)
})

function createWaylayServer (): Server {
  const registry = new SessionRegistry({ onSession: () => ({ onStream: answer, onClose: () => {} }) })
  return createServer({ noDelay: true }, socket => { registry.accept(socket) })
}

function createNodeHttp2Server (): Server {
  return createHttp2Server((_request, { stream }) => {
    stream.respond({ ':status': 200 })
    answer(stream)
  })
}

function answer (stream: Duplex): void {
  stream.on('data', () => {})
  stream.on('end', () => { stream.end(MESSAGE) })
  stream.on('error', () => {})
}

async function openWaylay (port: number): Promise<Exchange> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  await once(socket, 'connect')
  const session = openSession({
    role: 'cli', openCarrier: async () => socket, onStream: stream => { stream.destroy() }, onClose: () => {}
  })
  await session.ready
  return onDone => { send(session.openStream(), onDone) }
}

async function openNodeHttp2 (port: number): Promise<Exchange> {
  const session: ClientHttp2Session = connectHttp2(`http://127.0.0.1:${port}`)
  await once(session, 'connect')
  return onDone => { send(session.request({ ':method': 'POST', ':path': '/' }), onDone) }
}

function send (stream: Duplex, onDone: (error?: Error) => void): void {
  let bytes = 0
  stream.on('data', (chunk: Buffer) => { bytes += chunk.length })
  stream.on('error', onDone)
  stream.on('end', () => { onDone(bytes === MESSAGE.length ? undefined : new Error(`${bytes} bytes came back`)) })
  stream.end(MESSAGE)
}

/** Keeps as many exchanges going; returns how many ended each second. */
async function load (one: Exchange, ms: number): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>()
  const startMs = performance.now()
  let count = 0
  let running = AT_ONCE
  const next = (error?: Error): void => {
    if (error !== undefined) return reject(error)
    count++
    // Not from inside of the stream's own event: the last one would wait for all that it set off.
    if (performance.now() - startMs < ms) return queueMicrotask(() => { one(next) })
    if (--running === 0) resolve(count * 1000 / (performance.now() - startMs))
  }
  for (let index = 0; index < AT_ONCE; index++) one(next)
  return await promise
}
