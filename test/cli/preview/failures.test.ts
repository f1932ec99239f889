import { createServer, request, type IncomingMessage, type RequestOptions } from 'node:http'
import { once } from 'node:events'
import { createServer as createNetServer, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { text } from 'node:stream/consumers'
import { connect as connectTls } from 'node:tls'
import test from 'ava'
import { PortRefused } from '../../../cli/cluster/port-forward-failure.ts'
import { WaylayError } from '../../../common/errors.ts'
import { listen, startRawApp, startTestPreview, type TestPreview } from './fake-app.ts'

async function ask ({ url }: TestPreview, options: RequestOptions = {}, body?: string) {
  const sent = request(url, { agent: false, ...options })
  const answering = once(sent.end(body), 'response') as Promise<[IncomingMessage]>
  // A second error of one that is over already.
  sent.on('error', () => {})
  const [answer] = await answering
  return { status: answer.statusCode, code: answer.headers['x-waylay-error'], body: await text(answer) }
}

test('without a ready pod a browser gets a page that says what to type, and the next request tries again', async t => {
  const port = await listen(t, createServer((_req, res) => { res.end('app') }))
  let isReady = false
  const preview = await startTestPreview(t, {
    appPort: () => {
      if (isReady) return port
      throw new WaylayError('WAYLAY_REACH_REFUSED', 'Service shop/payments has no ready pod', { hint: 'kubectl get pods' })
    }
  })
  const page = await ask(preview, { headers: { accept: 'text/html' } })
  t.deepEqual([page.status, page.code], [503, 'WAYLAY_REACH_REFUSED'])
  t.regex(page.body, /<h1>Service shop\/payments has no ready pod<\/h1>[^]*kubectl get pods/)
  t.is((await ask(preview, { method: 'HEAD' })).body, '')
  isReady = true
  t.is((await ask(preview)).body, 'app')
  t.like(preview.turns, [{ status: 503, failure: 'WAYLAY_REACH_REFUSED' }, { status: 503 }, { status: 200 }])
})

test('what nobody got is sent to the next pod, a form too', async t => {
  const port = await listen(t, createServer((req, res) => { void text(req).then(body => res.end(body)) }))
  let tries = 0
  const preview = await startTestPreview(t, {
    appPort: () => port,
    wrap: socket => {
      if (++tries < 3) socket.destroy(new PortRefused('WAYLAY_TUNNEL_FAILED', 'nothing listens there'))
      return socket
    }
  })
  t.is((await ask(preview, { method: 'POST' }, 'a=1&b=2')).body, 'a=1&b=2')
  t.is(tries, 3)
})

test('what may have been carried out is not sent twice', async t => {
  let asked = 0
  const port = await startRawApp(t, socket => socket.once('data', () => {
    asked++
    socket.destroy()
  }))
  const preview = await startTestPreview(t, { appPort: () => port })
  t.like(await ask(preview, { method: 'POST' }, 'pay'), { status: 502, code: 'WAYLAY_PREVIEW_BAD_RESPONSE' })
  t.is(asked, 1)
  t.like(await ask(preview), { status: 502 })
  t.is(asked, 3, 'a GET is tried once more')
})

test('a request that ends the app on a connection used before is sent once more, not twice', async t => {
  let asked = 0
  const port = await startRawApp(t, socket => socket.on('data', bytes => {
    if (String(bytes).startsWith('GET')) return socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
    asked++
    return socket.destroy()
  }))
  const preview = await startTestPreview(t, { appPort: () => port })
  t.is((await ask(preview)).body, 'ok')
  t.is((await ask(preview, { method: 'DELETE' })).status, 502)
  t.is(asked, 2)
  t.is(preview.opened.length, 2, 'the first was the connection of the GET')
})

test('an app that changes the protocol unasked is no way past the preview', async t => {
  const heard: string[] = []
  const port = await startRawApp(t, socket => socket.on('data', bytes => {
    heard.push(String(bytes))
    socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n')
  }))
  const preview = await startTestPreview(t, { appPort: () => port })
  const lines = `Host: 127.0.0.1:${preview.port}\r\n`
  for (const asks of ['', 'Connection: Upgrade\r\nUpgrade: h2c\r\n']) {
    const socket = await preview.connect()
    socket.write(`GET /a HTTP/1.1\r\n${lines}${asks}\r\nGET /unmarked HTTP/1.1\r\n${lines}X-Waylay-Id: bob\r\n\r\n`)
    t.regex(await text(socket), /^HTTP\/1\.1 502 WAYLAY_PREVIEW_BAD_RESPONSE\r\n/)
  }
  t.is(heard.length, 2)
  t.notRegex(heard.join(), /unmarked|bob/)
  t.like(preview.turns, [{ failure: 'WAYLAY_PREVIEW_BAD_RESPONSE' }, { status: 502 }])
})

test('a connection that the app ended while it was idle loses no request', async t => {
  const server = createServer((req, res) => { void text(req).then(body => res.end(body || 'app')) })
  const port = await listen(t, server)
  const preview = await startTestPreview(t, { appPort: () => port })
  await ask(preview)
  server.closeAllConnections()
  t.is((await ask(preview)).body, 'app')
  server.closeAllConnections()
  await new Promise(resolve => setTimeout(resolve, 50))
  t.is((await ask(preview, { method: 'POST' }, 'x')).body, 'x')
})

test('an app that speaks no HTTP is named so', async t => {
  const port = await listen(t, createNetServer(socket => { socket.end('220 mail ready\r\n') }))
  const preview = await startTestPreview(t, { appPort: () => port })
  t.like(await ask(preview), { status: 502, code: 'WAYLAY_PREVIEW_BAD_RESPONSE' })
})

test('an app without TLS on a port that is to carry it is named so, and a connection that breaks is no bug of ours', async t => {
  const plain = await listen(t, createServer((_req, res) => { res.end('plain') }))
  const wrap = (socket: Socket): Duplex => connectTls({ socket, rejectUnauthorized: false })
  const tls = await startTestPreview(t, { appPort: () => plain, wrap })
  const answer = await ask(tls)
  t.like(answer, { status: 502, code: 'WAYLAY_PREVIEW_BAD_RESPONSE' })
  t.regex(answer.body, /speaks no TLS/)
  const breaking = await startRawApp(t, socket => socket.once('data', () => { socket.resetAndDestroy() }))
  t.like(await ask(await startTestPreview(t, { appPort: () => breaking }), { method: 'POST' }, 'x'), {
    status: 502, code: 'WAYLAY_PREVIEW_BAD_RESPONSE'
  })
})

test('an answer that breaks off is broken off, not ended', async t => {
  const port = await startRawApp(t, socket => {
    socket.once('data', () => { socket.write('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf', () => socket.destroy()) })
  })
  const preview = await startTestPreview(t, { appPort: () => port })
  const error = await t.throwsAsync(ask(preview))
  t.is((error as NodeJS.ErrnoException).code, 'ECONNRESET')
})

test('an answer that ends with its connection is whole', async t => {
  const port = await startRawApp(t, socket => { socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\n\r\nall of it')) })
  const preview = await startTestPreview(t, { appPort: () => port })
  t.is((await ask(preview)).body, 'all of it')
})

test('an app that answers before it has read everything is heard', async t => {
  const port = await startRawApp(t, socket => {
    socket.once('data', () => { socket.end('HTTP/1.1 413 Too much\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno') })
  })
  const preview = await startTestPreview(t, { appPort: () => port })
  const sent = request(preview.url, { method: 'POST', headers: { 'content-length': 10_000_000 } })
  sent.on('error', () => {}).write('a')
  const [answer] = await once(sent, 'response') as [IncomingMessage]
  t.deepEqual([answer.statusCode, await text(answer)], [413, 'no'])
  sent.destroy()
})

test('what is no HTTP, and what asks for another host, is refused', async t => {
  const port = await listen(t, createServer((req, res) => { res.end(`${req.headers.host} ${req.url}`) }))
  const preview = await startTestPreview(t, { appPort: () => port })
  const say = async (bytes: string): Promise<string> => {
    const socket = await preview.connect()
    socket.end(bytes)
    return await text(socket)
  }
  t.regex(await say('hello there\r\n\r\n'), /^HTTP\/1.1 400 [^]*WAYLAY_PREVIEW_MALFORMED/)
  t.regex(await say('GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n'), /^HTTP\/1.1 400 /)
  t.regex(await say('CONNECT db:5432 HTTP/1.1\r\nHost: db:5432\r\n\r\n'), /^HTTP\/1.1 400 /)
  t.regex(await say('GET http://evil.example.org/ HTTP/1.1\r\nHost: localhost\r\n\r\n'), /^HTTP\/1.1 421 /)
  t.regex(await say('GET http://localhost?a=1 HTTP/1.1\r\nHost: evil.example.org\r\n\r\n'), /^HTTP\/1.1 200 [^]*payments\.shop \/\?a=1/)
  t.is(await say('\x16\x03\x01'), '', 'TLS gets no answer in clear text')
})

test('what the proxy answers in the developer\'s place is not told as the app\'s answer', async t => {
  const answers = [{ 'x-waylay-error': 'WAYLAY_DEVELOPER_REFUSED' }, { 'x-waylay-error': 'toString' }, {
    'x-waylay-error': 'WAYLAY_DEVELOPER_REFUSED', 'x-waylay-diverted-to': 'abc'
  }]
  const port = await listen(t, createServer((_req, res) => { res.writeHead(502, answers.shift()).end() }))
  const preview = await startTestPreview(t, { appPort: () => port })
  while (answers.length > 0) await ask(preview)
  t.deepEqual(preview.turns.map(({ failure, divertedTo }) => [failure, divertedTo]),
    [['WAYLAY_DEVELOPER_REFUSED', undefined], [undefined, undefined], [undefined, 'abc']])
})
