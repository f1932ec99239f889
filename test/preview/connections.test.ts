import { once } from 'node:events'
import { connect as connectHttp2 } from 'node:http2'
import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import test, { type ExecutionContext } from 'ava'
import { startGateway } from './cases.ts'
import { seenOf, until, visitWithHttp2 } from './http2-visitor.ts'

type Started = Awaited<ReturnType<typeof startGateway>>

const UPGRADE = 'GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
  'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n'

async function openPlain (t: ExecutionContext, port: number): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true }).on('error', () => {})
  t.teardown(() => socket.destroy())
  await once(socket, 'connect')
  return socket
}

async function openSecure (t: ExecutionContext, { port, host }: Started): Promise<Socket> {
  const socket = connectTls({
    socket: await openPlain(t, port), servername: host, rejectUnauthorized: false, ALPNProtocols: ['http/1.1']
  }).on('error', () => {})
  await once(socket, 'secureConnect')
  return socket
}

test('whoever holds connections keeps nobody out, and nobody who sees an app is cut off', async t => {
  const { port, host, cookie } = await startGateway(
    t, (_req, res) => { res.write('begun') }, { isPlain: true, maxConnections: 3 })
  const open = async (): Promise<Socket> => (await openPlain(t, port)).resume()
  const ask = async (socket: Socket): Promise<string> => {
    socket.write(`GET / HTTP/1.1\r\nHost: ${host}\r\nCookie: ${cookie}\r\n\r\n`)
    return await Promise.race([once(socket, 'data').then(([bytes]) => String(bytes)), once(socket, 'close').then(() => 'closed')])
  }
  const isEnded = ({ readableEnded, closed }: Socket): boolean => readableEnded || closed
  const [first, second] = [await open(), await open()]
  t.regex(await ask(first), /200 OK/)
  const third = await open()
  const fourth = await open()
  await until('the one that asked for nothing for the longest has given way', () => isEnded(second))
  t.regex(await ask(third), /200 OK/)
  t.regex(await ask(fourth), /200 OK/)
  t.false(isEnded(first))
  // All see the app.
  const fifth = await open()
  await until('the one too many is refused', () => isEnded(fifth))
  t.deepEqual([first, third, fourth].map(isEnded), [false, false, false])
})

test('a session of HTTP/2 gives way when none of its streams is at an app, and not before', async t => {
  const started = await startGateway(t, (req, res) => {
    if (req.url === '/whole') res.end('whole')
    else res.write('begun')
  }, { maxConnections: 2 })
  const [busy, done] = [visitWithHttp2(t, started), visitWithHttp2(t, started)]
  await once(busy.open('/events'), 'data')
  t.is((await done.get('/whole')).body, 'whole')
  await until('the gateway has seen that it is over', () => started.gateway.handler.active() === 1)
  const next = visitWithHttp2(t, started)
  t.is((await next.get('/whole')).body, 'whole')
  await until('the one without a stream has given way', () => done.session.closed)
  t.false(busy.session.closed)
})

/** Has an answer that cannot leave, on the one connection that it opens. */
type Stranger = (t: ExecutionContext, started: Started) => Promise<void>

const strangers: Readonly<Record<string, Stranger>> = {
  'a WebSocket that is refused and stays half open': async (t, started) => {
    const socket = await openSecure(t, started)
    socket.write(UPGRADE)
    t.regex(await text(socket), /^HTTP\/1.1 4/)
  },
  'a stream of HTTP/2 without room for an answer': async (t, { port, host }) => {
    const session = connectHttp2(`https://127.0.0.1:${port}`, {
      servername: host, rejectUnauthorized: false, settings: { initialWindowSize: 0 }
    }).on('error', () => {})
    t.teardown(() => session.destroy())
    const stream = session.request({ ':path': '/', ':authority': host }).on('error', () => {})
    const [{ ':status': status }] = await once(stream, 'response') as [Record<string, unknown>]
    t.is(status, 403)
  }
}

for (const [what, hold] of Object.entries(strangers)) {
  test(`a stranger without a link keeps nobody out: ${what}`, async t => {
    const started = await startGateway(t, (_req, res) => { res.end('app') }, { maxConnections: 2 })
    await hold(t, started)
    await hold(t, started)
    t.like(await seenOf(visitWithHttp2(t, started).open('/')), { status: 200, body: 'app' })
  })
}

test('a WebSocket that is refused is closed soon, also when its visitor does not close it', async t => {
  const { port } = await startGateway(t, () => {}, { isPlain: true })
  const socket = await openPlain(t, port)
  socket.write(UPGRADE)
  t.regex(await text(socket), /^HTTP\/1.1 4/)
  await until('bytes find nobody there', () => {
    socket.write('a')
    return socket.closed
  })
})

test('a stranger without a link keeps nobody out: many requests and no reading', async t => {
  const { port, host, cookie, gateway } = await startGateway(
    t, (_req, res) => { res.end('app') }, { isPlain: true, maxConnections: 2 })
  const ask = async (text: string): Promise<Socket> => {
    const socket = (await openPlain(t, port)).pause()
    socket.write(text)
    return socket
  }
  const many = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(40_000)
  await ask(many)
  await ask(many)
  const seen = ['']
  while (seen.length < 10) {
    await sleep(20)
    const { text } = await gateway.metrics.read()
    if (seen[0] === text) seen.push(text)
    else seen.splice(0, seen.length, text)
  }
  const visitor = await ask(`GET / HTTP/1.1\r\nHost: ${host}\r\nCookie: ${cookie}\r\nConnection: close\r\n\r\n`)
  t.regex(await text(visitor), /^HTTP\/1.1 200 /)
})
