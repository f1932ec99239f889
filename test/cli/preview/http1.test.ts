import { createServer, get, request, type IncomingMessage, type RequestListener } from 'node:http'
import type { Socket } from 'node:net'
import { buffer, json, text } from 'node:stream/consumers'
import { once } from 'node:events'
import test, { type ExecutionContext } from 'ava'
import { WebSocket, WebSocketServer } from 'ws'
import { until } from '../helpers/until.ts'
import { listen, startRawApp, startTestPreview } from './fake-app.ts'

async function startApp (t: ExecutionContext, serve: RequestListener) {
  const server = createServer(serve)
  const port = await listen(t, server)
  return { server, preview: await startTestPreview(t, { appPort: () => port }) }
}

/** What a connection has said until it ends, or until the text ends so. */
async function said (socket: Socket, end?: string): Promise<string> {
  let all = ''
  for await (const piece of socket as AsyncIterable<Buffer>) {
    all += piece.toString('latin1')
    if (end !== undefined && all.endsWith(end)) return all
  }
  return all
}

async function answerTo (sent: ReturnType<typeof request>): Promise<IncomingMessage> {
  const [answer] = await once(sent.end(), 'response') as [IncomingMessage]
  return answer
}

test('the app gets the header, its own name and every line in its order and case', async t => {
  const port = await startRawApp(t, socket => {
    socket.once('data', bytes => { socket.end(`HTTP/1.0 200 Fine\r\n\r\n${bytes.toString('latin1')}`) })
  })
  const preview = await startTestPreview(t, { appPort: () => port })
  const socket = await preview.connect()
  socket.write(`GET /a?b=c HTTP/1.1\r\nX-B: 2\r\nHost: 127.0.0.1:${preview.port}\r\nx-a:  1 \r\nX-B: 3\r\nX-Waylay-Id: otto-11111111\r\n\r\n`)
  const [, body] = (await said(socket)).split('\r\n\r\n')
  t.is(body, 'GET /a?b=c HTTP/1.1\r\nX-B: 2\r\nHost: payments.shop\r\nx-a: 1\r\nX-B: 3\r\nbaggage: waylay-id=maria-3fk27d4a\r\nx-waylay-id: maria-3fk27d4a')
  t.like(preview.turns, [{ method: 'GET', path: '/a', status: 200, divertedTo: undefined }])
})

test('the body of a GET is not lost', async t => {
  const { preview } = await startApp(t, (req, res) => { void text(req).then(body => res.end(body)) })
  const sent = request(preview.url, { method: 'GET', headers: { 'content-length': 5 } })
  sent.write('hello')
  t.is(await text(await answerTo(sent)), 'hello')
})

test('TE, chunks and trailers go both ways', async t => {
  const { preview } = await startApp(t, (req, res) => {
    req.resume().once('end', () => {
      res.writeHead(200, { trailer: 'x-sum' })
      res.write(JSON.stringify([req.headers['te'], req.headers['transfer-encoding'], req.trailers]))
      res.addTrailers({ 'x-sum': '7' })
      res.end()
    })
  })
  const sent = request(preview.url, { method: 'POST', headers: { te: 'trailers', connection: 'TE', trailer: 'x-in', 'transfer-encoding': 'chunked' } })
  sent.write('a')
  sent.addTrailers({ 'x-in': '1' })
  const answer = await answerTo(sent)
  t.deepEqual(await json(answer), ['trailers', 'chunked', { 'x-in': '1' }])
  t.deepEqual({ ...answer.trailers }, { 'x-sum': '7' })
})

test('interim answers come through, and a body waits for its 100', async t => {
  const { server, preview } = await startApp(t, (_req, res) => {
    res.writeEarlyHints({ link: '</a.css>; rel=preload' })
    res.end('x')
  })
  server.on('checkContinue', (req: IncomingMessage, res) => {
    res.writeContinue()
    void text(req).then(body => res.end(body))
  })
  const hinted = request(preview.url)
  const information = once(hinted, 'information')
  await text(await answerTo(hinted))
  t.like(await information, [{ statusCode: 103 }])
  const sent = request(preview.url, { method: 'POST', headers: { expect: '100-continue', 'content-length': 2 } })
  sent.flushHeaders()
  await once(sent, 'continue')
  sent.write('ok')
  t.is(await text(await answerTo(sent)), 'ok')
})

test('HEAD, 204 and 304 have no body, and the connection goes on', async t => {
  const { preview } = await startApp(t, (req, res) => {
    if (req.method === 'HEAD') return void res.writeHead(200, { 'content-length': 5 }).end()
    res.writeHead(Number(req.url?.slice(1))).end()
  })
  const socket = await preview.connect()
  const host = `Host: 127.0.0.1:${preview.port}\r\n`
  socket.write(`HEAD /h HTTP/1.1\r\n${host}\r\nGET /204 HTTP/1.1\r\n${host}\r\nGET /304 HTTP/1.1\r\n${host}Connection: close\r\n\r\n`)
  const statuses = (await said(socket)).match(/^HTTP\/1.1 \d+/gm)
  t.deepEqual(statuses, ['HTTP/1.1 200', 'HTTP/1.1 204', 'HTTP/1.1 304'])
  t.is(preview.opened.length, 1)
})

test('a WebSocket is joined on both sides, with the header', async t => {
  const { server, preview } = await startApp(t, (_req, res) => res.end())
  const sockets = new WebSocketServer({ server })
  sockets.on('connection', (socket, req) => {
    socket.send(JSON.stringify([req.headers['x-waylay-id'], req.headers.origin, req.headers.host]))
    socket.on('message', (data: Buffer) => { socket.send(data.toString().toUpperCase()) })
  })
  const socket = new WebSocket(`ws://127.0.0.1:${preview.port}/live`, { origin: preview.url })
  const [first] = await once(socket, 'message') as [Buffer]
  t.deepEqual(JSON.parse(first.toString()), ['maria-3fk27d4a', 'http://payments.shop', 'payments.shop'])
  socket.send('hello')
  t.is(String((await once(socket, 'message'))[0]), 'HELLO')
  socket.close()
  await until(() => preview.opened.every(({ destroyed }) => destroyed))
  t.like(preview.turns, [{ path: '/live', status: 101 }])
})

test('another protocol than WebSocket, asked for by POST, is joined too', async t => {
  const { server, preview } = await startApp(t, (_req, res) => res.end())
  server.on('upgrade', (req: IncomingMessage, socket: Socket) => {
    socket.write(`HTTP/1.1 101 Fine\r\nConnection: Upgrade\r\nUpgrade: ${req.headers.upgrade}\r\n\r\n${req.method}`)
    socket.pipe(socket)
  })
  const socket = await preview.connect()
  socket.write(`POST / HTTP/1.1\r\nHost: localhost:${preview.port}\r\nConnection: Upgrade\r\nUpgrade: tar/1\r\nContent-Length: 0\r\n\r\nearly`)
  t.regex(await said(socket, 'early'), /^HTTP\/1.1 101 Fine\r\n[^]*Upgrade: tar\/1[^]*POSTearly$/)
})

test('an upgrade to HTTP/2 is not asked for: nobody would mark its requests', async t => {
  const { preview } = await startApp(t, (req, res) => { res.end(JSON.stringify(req.headers)) })
  const sent = request(preview.url, { headers: { connection: 'Upgrade, HTTP2-Settings', upgrade: 'h2c', 'http2-settings': 'AAMAAABk' } })
  const got = await json(await answerTo(sent)) as Record<string, string>
  t.deepEqual([got['upgrade'], got['http2-settings'], got['x-waylay-id']], [undefined, undefined, 'maria-3fk27d4a'])
})

test('redirects and cookies lead back to the name that the browser uses', async t => {
  const { preview } = await startApp(t, (_req, res) => {
    res.writeHead(302, { location: 'http://payments.shop/next', 'set-cookie': ['a=1; Domain=payments.shop; Secure', 'b=2'] }).end()
  })
  const host = `shop.localhost:${preview.port}`
  const answer = await answerTo(request(preview.url, { headers: { host } }))
  t.is(answer.headers.location, `http://${host}/next`)
  t.deepEqual(answer.headers['set-cookie'], ['a=1', 'b=2'])
})

test('events come as they are sent, and a browser that leaves ends them', async t => {
  const app = Promise.withResolvers<IncomingMessage>()
  const { preview } = await startApp(t, (req, res) => {
    app.resolve(req)
    res.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: 1\n\n')
  })
  const answer = await answerTo(get(preview.url))
  t.is(String((await once(answer, 'data'))[0]), 'data: 1\n\n')
  const gone = once((await app.promise).socket, 'close')
  answer.socket.resetAndDestroy()
  await gone
  t.like(preview.turns, [{ status: 200 }])
})

test('an HTTP/1.0 caller gets its answer and the end of the connection', async t => {
  const { preview } = await startApp(t, (_req, res) => { res.end('old') })
  const socket = await preview.connect()
  socket.write('GET / HTTP/1.0\r\n\r\n')
  t.regex(await said(socket), /\r\nConnection: close\r\n[^]*\r\nold$/)
})

test('a caller that has said all it has to say gets the whole answer', async t => {
  const { preview } = await startApp(t, (_req, res) => { setTimeout(() => { res.end('late') }, 50) })
  const socket = await preview.connect()
  socket.end(`GET / HTTP/1.1\r\nHost: 127.0.0.1:${preview.port}\r\n\r\n`)
  t.regex(await said(socket), /late(?:\r\n0\r\n\r\n)?$/)
})

test('connections to the app are used again, also by another caller', async t => {
  const { preview } = await startApp(t, (_req, res) => { res.end('x') })
  for (let count = 0; count < 3; count++) await text(await answerTo(request(preview.url, { agent: false })))
  t.is(preview.opened.length, 1)
})

test('large bodies are held back by whoever is slow, and come whole', async t => {
  const large = Buffer.alloc(24 * 1024 * 1024, 'x')
  const { preview } = await startApp(t, (req, res) => { void buffer(req).then(body => res.end(body)) })
  const sent = request(preview.url, { method: 'POST', headers: { 'content-length': large.length } })
  sent.write(large)
  const answer = await answerTo(sent)
  await new Promise(resolve => setTimeout(resolve, 300))
  const [app] = preview.opened
  t.true((app?.bytesRead ?? 0) < large.length / 2, `${app?.bytesRead} bytes were read for a caller who takes none`)
  t.true((await buffer(answer)).equals(large))
})
