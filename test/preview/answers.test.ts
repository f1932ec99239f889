import { once } from 'node:events'
import { createServer } from 'node:http'
import { connect } from 'node:tls'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import test from 'ava'
import { startGateway } from './cases.ts'
import { rawApp, until, visitWithHttp2 } from './http2-visitor.ts'

test('an answer with a line twice that may stand there once is handed on by either protocol', async t => {
  const cases = [
    ['X-Content-Type-Options', 'nosniff', 'nosniff', 'nosniff'], ['ETag', '"a"', '"b"', '"b"'],
    ['Content-Type', 'text/plain', 'text/html', 'text/html'], ['Content-Encoding', 'gzip', 'br', 'gzip, br'],
    ['Vary', 'accept', 'origin', 'accept, origin']
  ] as const
  for (const [name, first, second, expected] of cases) {
    const started = await startGateway(t, rawApp(
      `HTTP/1.1 200 OK\r\n${name}: ${first}\r\n${name}: ${second}\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok`))
    const { status, headers } = await visitWithHttp2(t, started).get('/')
    t.deepEqual([status, headers[name.toLowerCase()]], [200, expected], name)
    t.is((await started.show('/')).headers[name.toLowerCase()], expected, name)
  }
})

async function openSocket ({ port, host }: { readonly port: number, readonly host: string }) {
  const socket = connect({ host: '127.0.0.1', port, servername: host, rejectUnauthorized: false, ALPNProtocols: ['http/1.1'] })
  await once(socket, 'secureConnect')
  return socket
}

test('nothing of ours is written into an answer that is under way', async t => {
  const started = await startGateway(t, (_req, res) => { res.write('part1') })
  const socket = await openSocket(started)
  socket.on('error', () => {})
  socket.write(`GET / HTTP/1.1\r\nHost: ${started.host}\r\nCookie: ${started.cookie}\r\n\r\n`)
  let answer = ''
  socket.on('data', chunk => {
    answer += String(chunk)
    if (answer.includes('part1')) socket.write('NO HTTP\r\n\r\n')
  })
  await new Promise(resolve => { socket.once('close', resolve) })
  t.regex(answer, /part1\r\n$/)
  const other = await openSocket(started)
  other.write('NO HTTP\r\n\r\n')
  t.regex(await text(other), /^HTTP\/1.1 400 /)
})

test('a WebSocket goes both ways, ends at either end, and Node warns of nothing', async t => {
  const warnings: string[] = []
  const onWarning = ({ name }: Error): void => { warnings.push(name) }
  process.on('warning', onWarning)
  t.teardown(() => process.off('warning', onWarning))
  const app = createServer()
  app.on('upgrade', (_req, socket) => {
    socket.on('error', () => {})
    socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n')
    socket.on('data', chunk => {
      socket.write(`echo ${String(chunk)}`)
      if (String(chunk) === 'bye') socket.end()
    })
    socket.on('end', () => { socket.end() })
  })
  const started = await startGateway(t, app)
  for (const last of ['bye', undefined]) {
    const socket = await openSocket(started)
    socket.write(`GET / HTTP/1.1\r\nHost: ${started.host}\r\nCookie: ${started.cookie}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`)
    await once(socket, 'data')
    t.is(started.gateway.handler.active(), 1)
    socket.write('hi')
    t.is(String((await once(socket, 'data'))[0]), 'echo hi')
    if (last === undefined) socket.destroy()
    else socket.end(last)
    await new Promise(resolve => { socket.resume().once('close', resolve) })
    while (started.gateway.handler.active() > 0) await new Promise(resolve => setTimeout(resolve, 5))
  }
  t.deepEqual(warnings, [])
})

test('nothing of ours is written into an answer to a WebSocket that breaks off', async t => {
  const head = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\npart1\r\n'
  const apps = { resets: rawApp(head, 'reset'), 'sends no chunk': rawApp(`${head}no chunk`, 'stay') }
  for (const [how, app] of Object.entries(apps)) {
    const started = await startGateway(t, app)
    const socket = await openSocket(started)
    socket.write(`GET / HTTP/1.1\r\nHost: ${started.host}\r\nCookie: ${started.cookie}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`)
    t.regex(await text(socket), /^HTTP\/1.1 200 [^]*\r\n\r\n(part1)?$/, how)
    await until('the place is free', () => started.gateway.handler.active() === 0)
  }
})

test('the head of an answer whose body is yet to come is there at once, by either protocol', async t => {
  const started = await startGateway(t, (_req, res) => { res.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders() })
  const stream = visitWithHttp2(t, started).open('/events')
  t.is((await once(stream, 'response') as [Record<string, unknown>])[0][':status'], 200)
  const socket = await openSocket(started)
  socket.on('error', () => {})
  socket.write(`GET /events HTTP/1.1\r\nHost: ${started.host}\r\nCookie: ${started.cookie}\r\n\r\n`)
  const head = await Promise.race([once(socket, 'data').then(([bytes]) => String(bytes)), sleep(10_000)])
  t.regex(String(head), /^HTTP\/1.1 200 /)
  socket.destroy()
})

test('an app may answer a request whose body is yet to come', async t => {
  const started = await startGateway(t, (req, res) => { res.writeHead(200).end(`asked for ${req.url}`) })
  const stream = visitWithHttp2(t, started).open('/begun', { ':method': 'POST' }, false)
  const answer = await Promise.race([text(stream), sleep(10_000)])
  t.is(answer, 'asked for /begun')
  stream.destroy()
})
