import { once } from 'node:events'
import { createServer } from 'node:http'
import { connect as connectHttp2, createSecureServer } from 'node:http2'
import { connect, type AddressInfo, type Server, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import test, { type ExecutionContext } from 'ava'
import { keepRoom } from '../../preview/connections.ts'
import { makePair } from '../helpers/tls.ts'
import { until } from './http2-visitor.ts'

async function listen (t: ExecutionContext, server: Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  return (server.address() as AddressInfo).port
}

test('whoever holds connections keeps nobody out, and nobody who is answered is cut off', async t => {
  const server = createServer((_req, res) => { res.write('begun') })
  keepRoom(server, 3)
  const port = await listen(t, server)
  const open = async (): Promise<Socket> => {
    const socket = connect(port, '127.0.0.1').on('error', () => {}).resume()
    t.teardown(() => socket.destroy())
    await once(socket, 'connect')
    return socket
  }
  const ask = async (socket: Socket): Promise<string> => {
    socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
    return await Promise.race([once(socket, 'data').then(([bytes]) => String(bytes)), once(socket, 'close').then(() => 'closed')])
  }
  const [first, second] = [await open(), await open()]
  t.regex(await ask(first), /200 OK/)
  const third = await open()
  const fourth = await open()
  await until('the one that asked for nothing for the longest has given way', () => second.closed)
  t.regex(await ask(third), /200 OK/)
  t.regex(await ask(fourth), /200 OK/)
  t.false(first.closed)
  // All are answered.
  const fifth = await open()
  await until('the one too many is refused', () => fifth.closed)
  t.deepEqual([first, third, fourth].map(({ closed }) => closed), [false, false, false])
})

test('a session of HTTP/2 gives way when it has no stream, and not before', async t => {
  const { certificate, key } = await makePair('localhost')
  const server = createSecureServer({ cert: certificate, key, allowHTTP1: true }, (req, res) => {
    if (req.url === '/whole') res.end('whole')
    else res.write('begun')
  })
  keepRoom(server, 2)
  const port = await listen(t, server)
  const open = async () => {
    const session = connectHttp2(`https://127.0.0.1:${port}`, { rejectUnauthorized: false }).on('error', () => {})
    t.teardown(() => session.destroy())
    await once(session, 'connect')
    const ask = async (path: string): Promise<void> => {
      const stream = session.request({ ':path': path }).on('error', () => {})
      await once(stream, 'data')
      if (path === '/whole') await once(stream.resume(), 'close')
    }
    return { session, ask }
  }
  const [busy, done] = [await open(), await open()]
  await busy.ask('/events')
  await done.ask('/whole')
  await sleep(50)
  const next = await open()
  await until('the one without a stream has given way', () => done.session.closed)
  await next.ask('/whole')
  t.false(busy.session.closed)
})
