import { once } from 'node:events'
import {
  connect, createServer, type ClientHttp2Session, type IncomingHttpHeaders, type OutgoingHttpHeaders,
  type ServerHttp2Session, type ServerHttp2Stream
} from 'node:http2'
import { createServer as createHttp1Server } from 'node:http'
import { duplexPair, type Duplex } from 'node:stream'
import { text } from 'node:stream/consumers'
import { setTimeout } from 'node:timers/promises'
import test, { type ExecutionContext } from 'ava'
import { PortRefused } from '../../../cli/cluster/port-forward-failure.ts'
import { WaylayError } from '../../../common/errors.ts'
import { until } from '../helpers/until.ts'
import { listen, startTestPreview, type TestPreviewOptions } from './fake-app.ts'

type Serve = (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => void

async function startApp (t: ExecutionContext, serve: Serve, wrap?: TestPreviewOptions['wrap']) {
  const server = createServer().on('stream', stream => { stream.on('error', () => {}) }).on('stream', serve)
  const port = await listen(t, server)
  const preview = await startTestPreview(t, { appPort: () => port, ...(wrap !== undefined && { wrap }) })
  return { preview, session: open(t, preview.url) }
}

function open (t: ExecutionContext, url: string): ClientHttp2Session {
  const session = connect(url)
  t.teardown(() => { session.destroy() })
  return session.on('error', () => {})
}

async function ask (session: ClientHttp2Session, headers: OutgoingHttpHeaders, body?: string) {
  const stream = session.request(headers, { endStream: body === undefined })
  const trailers = once(stream, 'trailers').catch(() => [])
  if (body !== undefined) stream.end(body)
  const [answer] = await once(stream, 'response') as [IncomingHttpHeaders]
  return { status: answer[':status'] as number | undefined, body: await text(stream), headers: answer, trailers }
}

test('a call like gRPC\'s has its body and its trailers, both ways, on one connection', async t => {
  const { preview, session } = await startApp(t, (stream, headers) => {
    const got = once(stream, 'trailers') as Promise<[IncomingHttpHeaders]>
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true })
    stream.on('wantTrailers', () => { stream.sendTrailers({ 'grpc-status': '0' }) })
    void text(stream).then(async body => stream.end(JSON.stringify([headers, body, headers['te'] === undefined ? '' : (await got)[0]['x-sum']])))
  })
  const stream = session.request({ ':method': 'POST', ':path': '/shop.Cart/Get?x=1', te: 'trailers' }, { waitForTrailers: true })
  stream.on('wantTrailers', () => { stream.sendTrailers({ 'x-sum': '7' }) })
  const trailers = once(stream, 'trailers')
  const [headers, body, sum] = JSON.parse(await text(stream.end('hello'))) as [IncomingHttpHeaders, string, string]
  t.deepEqual([body, sum], ['hello', '7'])
  t.like(headers, {
    ':authority': 'payments.shop', ':path': '/shop.Cart/Get?x=1', te: 'trailers', 'x-waylay-id': 'maria-3fk27d4a', baggage: 'waylay-id=maria-3fk27d4a'
  })
  t.like((await trailers)[0], { 'grpc-status': '0' })
  await Promise.all([1, 2, 3].map(async () => await ask(session, { ':path': '/' }, 'x')))
  t.is(preview.opened.length, 1)
  t.like(preview.turns[0], { method: 'POST', path: '/shop.Cart/Get', status: 200 })
})

test('an answer of a head alone, and one to HEAD, end at once', async t => {
  const { session } = await startApp(t, stream => { stream.respond({ ':status': 204 }, { endStream: true }) })
  t.is((await ask(session, { ':path': '/' })).status, 204)
  t.is((await ask(session, { ':path': '/', ':method': 'HEAD' })).body, '')
})

test('interim answers, redirects and cookies are as over HTTP/1', async t => {
  const { preview, session } = await startApp(t, stream => {
    stream.additionalHeaders({ ':status': 103, link: '</a>; rel=preload' })
    stream.respond({ ':status': 302, location: 'http://payments.shop/b', 'set-cookie': ['a=1; Domain=x', 'b=2'] })
    stream.end()
  })
  const stream = session.request({ ':path': '/' })
  const interim = once(stream, 'headers')
  const [answer] = await once(stream, 'response') as [IncomingHttpHeaders]
  t.like((await interim)[0], { ':status': 103 })
  t.is(answer.location, `${preview.url}/b`)
  t.deepEqual(answer['set-cookie'], ['a=1', 'b=2'])
})

test('a call that is given up is given up at the app', async t => {
  const codes: (number | undefined)[] = []
  const closed = Promise.withResolvers<void>()
  const { preview, session } = await startApp(t, stream => {
    stream.respond({ ':status': 200 })
    stream.on('error', () => {}).on('close', () => {
      codes.push(stream.rstCode)
      closed.resolve()
    })
  })
  const stream = session.request({ ':path': '/' })
  await once(stream, 'response')
  stream.on('error', () => {}).close(8)
  await closed.promise
  t.deepEqual(codes, [8])
  await until(() => preview.turns.length === 1)
  t.like(preview.turns, [{ status: 200, failure: undefined }])
})

test('a reset of the app\'s reaches the caller with its reason', async t => {
  const { preview, session } = await startApp(t, stream => { stream.on('error', () => {}).close(11) })
  const stream = session.request({ ':path': '/' }).on('error', () => {})
  await new Promise(resolve => stream.once('close', resolve))
  t.is(stream.rstCode, 11)
  await until(() => preview.turns.length === 1)
  t.like(preview.turns, [{ status: undefined, failure: 'WAYLAY_PREVIEW_BAD_RESPONSE' }])
})

test('a call whose connection breaks is made once more, or answered 502 where it may have been carried out', async t => {
  let asked = 0
  const { preview, session } = await startApp(t, stream => {
    if (++asked !== 2) return stream.session?.destroy()
    stream.respond({ ':status': 200 })
    return stream.end('second')
  })
  t.like(await ask(session, { ':path': '/' }), { status: 200, body: 'second' })
  const posted = await ask(session, { ':path': '/', ':method': 'POST', accept: 'application/json' }, 'pay')
  t.is(posted.status, 502)
  t.like(JSON.parse(posted.body), { code: 'WAYLAY_PREVIEW_BAD_RESPONSE' })
  t.is(asked, 3)
  await until(() => preview.turns.length === 2)
  t.like(preview.turns, [{ status: 200 }, { status: 502, failure: 'WAYLAY_PREVIEW_BAD_RESPONSE' }])
})

test('calls that hang on a way found dead are made once more, or answered 502 where they may have been carried out', async t => {
  const ways: Duplex[] = []
  let hung = 0
  const { preview, session } = await startApp(t, stream => {
    if (ways.length === 1) {
      hung++
      return
    }
    stream.respond({ ':status': 200 })
    stream.end('second')
  }, socket => {
    const way = duplexPair()
    socket.pipe(way[0]).pipe(socket)
    ways.push(way[1].on('error', () => {}))
    return way[1]
  })
  const asked = [ask(session, { ':path': '/' }), ask(session, { ':path': '/', ':method': 'POST', accept: 'application/json' }, 'pay')]
  await until(() => hung === 2)
  await setTimeout(300)
  ways[0]?.destroy(new WaylayError('WAYLAY_TUNNEL_FAILED', 'the connection answers no more'))
  const [got, posted] = await Promise.all(asked)
  t.like(got, { status: 200, body: 'second' })
  t.like(posted, { status: 502 })
  t.like(JSON.parse(posted?.body ?? ''), { code: 'WAYLAY_PREVIEW_BAD_RESPONSE' })
  await until(() => preview.turns.length === 2)
  t.is(preview.opened.length, 2)
})

test('a call that nobody got is made again, or refused to whoever can send its body again', async t => {
  let asked = 0
  const { preview, session } = await startApp(t, stream => {
    asked++
    if (asked % 2 === 1) return stream.close(7)
    stream.respond({ ':status': 200 })
    return stream.end('again')
  })
  t.like(await ask(session, { ':path': '/', ':method': 'POST' }), { status: 200, body: 'again' })
  const stream = session.request({ ':path': '/', ':method': 'POST' }).on('error', () => {})
  stream.end('body')
  await new Promise(resolve => stream.once('close', resolve))
  t.is(stream.rstCode, 7)
  t.is(preview.opened.length, 1)
})

test('a call that meets the end of an idle connection is made on a new one', async t => {
  const sessions: ServerHttp2Session[] = []
  const { preview, session } = await startApp(t, stream => {
    if (!sessions.includes(stream.session as ServerHttp2Session)) sessions.push(stream.session as ServerHttp2Session)
    stream.respond({ ':status': 200 })
    stream.end('ok')
  })
  t.is((await ask(session, { ':path': '/' })).body, 'ok')
  sessions.at(-1)?.close()
  t.is((await ask(session, { ':path': '/' })).body, 'ok')
  t.is(preview.opened.length, 2)
})

test('another way is tried where nobody listens', async t => {
  let tries = 0
  const { session } = await startApp(t, stream => { stream.respond({ ':status': 200 }, { endStream: true }) }, socket => {
    if (++tries < 3) socket.destroy(new PortRefused('WAYLAY_TUNNEL_FAILED', 'nothing listens there'))
    return socket
  })
  t.is((await ask(session, { ':path': '/' })).status, 200)
  t.is(tries, 3)
})

test('an app that speaks HTTP/1 only is named so, and others\' names are refused', async t => {
  const port = await listen(t, createHttp1Server((_req, res) => { res.end() }))
  const preview = await startTestPreview(t, { appPort: () => port })
  const session = open(t, preview.url)
  const answer = await ask(session, { ':path': '/', accept: 'application/json' })
  t.is(answer.status, 502)
  t.like(JSON.parse(answer.body), { code: 'WAYLAY_PREVIEW_BAD_RESPONSE', message: 'The app does not speak HTTP/2 on this port' })
  const foreign = await ask(session, { ':path': '/', ':authority': 'evil.example.org' })
  t.is(foreign.status, 421)
  t.is((await ask(session, { ':method': 'CONNECT', ':authority': 'localhost:5432' })).status, 400)
})

test('what the proxy answers in the developer\'s place is told as that', async t => {
  const { preview, session } = await startApp(t, stream => {
    stream.respond({ ':status': 502, 'x-waylay-error': 'WAYLAY_DEVELOPER_REFUSED' }, { endStream: true })
  })
  await ask(session, { ':path': '/' })
  await until(() => preview.turns.length === 1)
  t.like(preview.turns[0], { status: 502, failure: 'WAYLAY_DEVELOPER_REFUSED' })
})
