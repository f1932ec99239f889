import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { connect, constants, type ClientHttp2Session, type ClientHttp2Stream, type IncomingHttpHeaders } from 'node:http2'
import { promisify } from 'node:util'
import test, { type ExecutionContext } from 'ava'
import { echo, sendBytes, serveHttp2 } from '../../helpers/http2-app.ts'
import { proxyHttp2 } from '../../helpers/http2-port.ts'
import { listenRaw } from '../../helpers/raw-app.ts'

const ID = 'maria-12345678'
const MARIA = { 'x-waylay-id': ID }

function call (t: ExecutionContext, port: number, options: object = {}): ClientHttp2Session {
  const session = connect(`http://127.0.0.1:${port}`, options)
  session.on('error', () => {})
  t.teardown(() => session.destroy())
  return session
}

async function answerOf (stream: ClientHttp2Stream): Promise<{ headers: IncomingHttpHeaders, body: string }> {
  let body = ''
  stream.setEncoding('utf8')
  stream.on('data', (piece: string) => { body += piece })
  const ended = once(stream, 'end')
  const [headers] = await once(stream, 'response') as [IncomingHttpHeaders]
  await ended
  return { headers, body }
}

test('a diverted response says so, and no cache keeps it', async t => {
  const app = await serveHttp2(t, sendBytes('a'))
  const developer = await serveHttp2(t, stream => {
    stream.additionalHeaders({ ':status': 103, link: '</a.css>' })
    stream.respond({
      ':status': 201,
      'cache-control': 'public, max-age=60',
      expires: 'soon',
      'x-accel-expires': '1',
      vary: 'accept',
      'set-cookie': ['a=1', 'b=2']
    })
    stream.end('hello')
  })
  const proxied = await proxyHttp2(t, app.port)
  const { protocols } = proxied.intercept(ID, developer.port)
  const session = call(t, proxied.port)
  const stream = session.request({ ':path': '/x?secret', ...MARIA })
  const early: unknown[] = []
  stream.on('headers', headers => early.push(headers[':status'], headers['link'], headers['x-waylay-diverted-to']))
  const { headers, body } = await answerOf(stream)
  t.is(body, 'hello')
  t.deepEqual(early, [103, '</a.css>', undefined])
  t.is(Number(headers[':status']), 201)
  t.is(headers['cache-control'], 'private, no-store')
  t.is(headers['expires'] ?? headers['x-accel-expires'], undefined)
  t.is(headers['vary'], 'accept, x-waylay-id')
  t.deepEqual(headers['set-cookie'], ['a=1', 'b=2'])
  t.is(headers['x-waylay-diverted-to'], `i-${ID}`)
  t.deepEqual(protocols, ['h2c'])
})

test('heads of many frames, with padding, go either way unchanged', async t => {
  const settings = { maxHeaderListSize: 2 ** 20 }
  const show = async (name: string) => await serveHttp2(t, (stream, headers) => {
    stream.respond({ ':status': 200, 'x-name': name, 'x-big': String(headers['x-big']) })
    stream.end(`${name} ${String(headers['x-small'])}`)
  }, { paddingStrategy: constants.PADDING_STRATEGY_MAX, maxHeaderListPairs: 2000, settings })
  const [app, developer] = [await show('app'), await show('dev')]
  const proxied = await proxyHttp2(t, app.port)
  proxied.intercept(ID, developer.port)
  const session = call(t, proxied.port, {
    paddingStrategy: constants.PADDING_STRATEGY_MAX, maxSendHeaderBlockLength: 2 ** 20, settings
  })
  // Characters whose codes are long, so that the block is longer than a frame.
  const big = '~|{}'.repeat(6000)
  for (const [fields, name] of [[{}, 'app'], [MARIA, 'dev'], [{}, 'app'], [MARIA, 'dev']] as const) {
    const { headers, body } = await answerOf(session.request({ 'x-big': big, 'x-small': 'ä', ...fields }))
    t.is(headers['x-name'], name)
    t.is(headers['x-big'], big)
    t.is(body, `${name} ä`)
  }
  t.deepEqual(proxied.opaque, [])
})

test('the app sees the same requests as without us, diverted ones aside', async t => {
  const seen: string[] = []
  const app = await serveHttp2(t, (stream, headers) => {
    seen.push(JSON.stringify(headers))
    stream.respond({ ':status': 204 }, { endStream: true })
  })
  const developer = await serveHttp2(t, echo('dev'))
  const proxied = await proxyHttp2(t, app.port)
  proxied.intercept(ID, developer.port)
  for (const port of [app.port, proxied.port]) {
    const session = call(t, port)
    for (let index = 0; index < 5; index++) {
      const authority = 'shop'
      if (port === proxied.port) await answerOf(session.request({ ':authority': authority, ...MARIA }))
      await answerOf(session.request({ ':authority': authority, 'x-a': ['1', '2'], cookie: 'a=1; b=2', 'x-index': index }))
    }
  }
  t.is(seen.length, 10)
  t.deepEqual(seen.slice(5), seen.slice(0, 5))
})

test('a ping goes to the app, and one of the developer\'s program is answered by us', async t => {
  const app = await serveHttp2(t, sendBytes('a'))
  const developer = await serveHttp2(t, sendBytes('d'))
  const proxied = await proxyHttp2(t, app.port)
  proxied.intercept(ID, developer.port)
  const session = call(t, proxied.port)
  await answerOf(session.request({ ':path': '/5', ...MARIA }))
  await new Promise(resolve => session.ping(resolve))
  const [program] = [...developer.sessions]
  await new Promise(resolve => program?.ping(resolve))
  t.is((await answerOf(session.request({ ':path': '/5' }))).body, 'aaaaa')
})

test('a developer who is not there is told in JSON to those who do not speak gRPC', async t => {
  const app = await serveHttp2(t, sendBytes('a'))
  const proxied = await proxyHttp2(t, app.port)
  const { port } = await serveHttp2(t, sendBytes('d'))
  const { server } = await serveHttp2(t, sendBytes('d'))
  const gone = (server.address() as { port: number }).port
  await new Promise(resolve => server.close(resolve))
  const intercept = proxied.intercept(ID, gone)
  const session = call(t, proxied.port)
  // With a body that nobody will read.
  const upload = session.request({ ':method': 'POST', ...MARIA })
  upload.on('error', () => {})
  upload.write('x'.repeat(1000))
  const { headers, body } = await answerOf(upload)
  t.is(Number(headers[':status']), 502)
  t.is(headers['x-waylay-error'], 'WAYLAY_DEVELOPER_REFUSED')
  t.is((JSON.parse(body) as { code: string }).code, 'WAYLAY_DEVELOPER_REFUSED')
  const head = await answerOf(session.request({ ':method': 'HEAD', ...MARIA }))
  t.is(Number(head.headers[':status']), 502)
  t.is(head.body, '')
  t.deepEqual(intercept.reports.map(report => report.event === 'request' && [report.method, report.status]),
    [['POST', 502], ['HEAD', 502]])
  intercept.cut()
  proxied.routes.add(intercept.route)
  t.is((await answerOf(session.request(MARIA))).headers['x-waylay-error'], 'WAYLAY_DEVELOPER_GONE')
  proxied.intercept(ID, port)
  t.is((await answerOf(session.request({ ':path': '/3', ...MARIA }))).body, 'ddd')
  t.is((await answerOf(session.request({ ':path': '/3' }))).body, 'aaa')
})

test('a program that speaks HTTP/1.1 gives a bad response', async t => {
  const app = await serveHttp2(t, sendBytes('a'))
  const port = await listenRaw(t, socket => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'))
  const proxied = await proxyHttp2(t, app.port)
  proxied.intercept(ID, port)
  const session = call(t, proxied.port)
  t.is((await answerOf(session.request(MARIA))).headers['x-waylay-error'], 'WAYLAY_DEVELOPER_BAD_RESPONSE')
  t.is((await answerOf(session.request({ ':path': '/3' }))).body, 'aaa')
})

test('a response that breaks off is reset; the connection stays', async t => {
  const app = await serveHttp2(t, sendBytes('a'))
  const developer = await serveHttp2(t, stream => {
    stream.respond({ ':status': 200 })
    stream.write('half')
    setTimeout(() => stream.session?.destroy(), 20)
  })
  const proxied = await proxyHttp2(t, app.port)
  proxied.intercept(ID, developer.port)
  const session = call(t, proxied.port)
  const stream = session.request(MARIA)
  stream.resume()
  const [error] = await once(stream, 'error') as [Error]
  t.regex(error.message, /INTERNAL_ERROR/)
  t.is((await answerOf(session.request({ ':path': '/3' }))).body, 'aaa')
})

test('a program that takes two streams at once gets the third when one is over', async t => {
  const app = await serveHttp2(t, sendBytes('a'))
  let open = 0
  let most = 0
  const developer = await serveHttp2(t, stream => {
    most = Math.max(most, ++open)
    setTimeout(() => {
      open--
      stream.respond({ ':status': 200 })
      stream.end('ok')
    }, 20)
  }, { settings: { maxConcurrentStreams: 2 } })
  const proxied = await proxyHttp2(t, app.port)
  proxied.intercept(ID, developer.port)
  const session = call(t, proxied.port)
  t.is((await answerOf(session.request(MARIA))).body, 'ok')
  const answers = await Promise.all(Array.from({ length: 10 }, async () => await answerOf(session.request(MARIA))))
  t.deepEqual(answers.map(({ body }) => body), Array.from({ length: 10 }, () => 'ok'))
  t.is(most, 2)
})

test('past the bound of open streams a request goes to the app', async t => {
  const app = await serveHttp2(t, sendBytes('a'))
  const developer = await serveHttp2(t, sendBytes('d'))
  const proxied = await proxyHttp2(t, app.port)
  proxied.intercept(ID, developer.port, () => false)
  const session = call(t, proxied.port)
  t.is((await answerOf(session.request({ ':path': '/3', ...MARIA }))).body, 'aaa')
})

test('a caller that goes is gone for the app and the developer', async t => {
  const app = await serveHttp2(t, () => {})
  const developer = await serveHttp2(t, () => {})
  const proxied = await proxyHttp2(t, app.port)
  proxied.intercept(ID, developer.port)
  const session = call(t, proxied.port)
  session.request(MARIA).on('error', () => {})
  session.request({}).on('error', () => {})
  await until(() => developer.sessions.size === 1 && app.sessions.size === 1)
  session.destroy()
  await until(() => developer.sessions.size === 0 && app.sessions.size === 0)
  t.pass()
})

test('curl', async t => {
  const app = await serveHttp2(t, sendBytes('a'))
  const developer = await serveHttp2(t, sendBytes('d'))
  const proxied = await proxyHttp2(t, app.port)
  proxied.intercept(ID, developer.port)
  const args = ['-s', '--http2-prior-knowledge', `http://127.0.0.1:${proxied.port}/4`]
  const run = async (...more: string[]): Promise<string> => (await promisify(execFile)('curl', [...args, ...more])).stdout
  t.is(await run(), 'aaaa')
  t.is(await run('-H', `x-waylay-id: ${ID}`), 'dddd')
  t.is(await run('-d', 'body'), 'aaaa')
})

async function until (holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise(resolve => setTimeout(resolve, 5))
}
