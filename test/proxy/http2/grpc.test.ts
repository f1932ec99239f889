import { once } from 'node:events'
import test from 'ava'
import { callGrpc, serveGrpc, type Answer } from '../../helpers/grpc.ts'
import { proxyHttp2 } from '../../helpers/http2-port.ts'

const MARIA = { id: 'maria-12345678' }

async function setUp (t: Parameters<typeof proxyHttp2>[0]) {
  const app = await serveGrpc(t, 'app')
  const developer = await serveGrpc(t, 'dev')
  const proxied = await proxyHttp2(t, app.port)
  const caller = callGrpc(t, proxied.port)
  return { app, developer, proxied, caller }
}

function shown (answer: Answer) {
  const { code, text, metadata, trailers } = answer
  return {
    code,
    text,
    name: metadata.get('x-name')[0],
    trailer: trailers.get('x-trailer')[0],
    bytes: trailers.get('x-bytes-bin')[0],
    divertedTo: metadata.get('x-waylay-diverted-to')[0]
  }
}

const BYTES = Buffer.from([0, 1, 2, 3])
const fromApp = (text: string) => ({
  code: 0, text, name: 'app', trailer: 'app', bytes: BYTES, divertedTo: undefined
})
const fromMaria = (text: string) => ({
  code: 0, text, name: 'dev', trailer: 'dev', bytes: BYTES, divertedTo: 'i-maria-12345678'
})

test('calls go to the app, or to the developer while there is an intercept, on one old connection', async t => {
  const { developer, proxied, caller } = await setUp(t)
  t.deepEqual(shown(await caller.unary('1', MARIA)), fromApp('app:1'))
  t.deepEqual(shown(await caller.unary('2')), fromApp('app:2'))
  const { route, reports } = proxied.intercept(MARIA.id, developer.port)
  t.deepEqual(shown(await caller.unary('3', MARIA)), fromMaria('dev:3'))
  t.deepEqual(shown(await caller.unary('4')), fromApp('app:4'))
  t.deepEqual(shown(await caller.unary('5', { id: 'somebody-else' })), fromApp('app:5'))
  t.deepEqual(shown(await caller.unary('6', MARIA)), fromMaria('dev:6'))
  proxied.routes.remove(route)
  t.deepEqual(shown(await caller.unary('7', MARIA)), fromApp('app:7'))
  t.is(proxied.accepted(), 1)
  t.deepEqual(proxied.turns, ['app', 'app', 'developer', 'app', 'app', 'developer', 'app'])
  t.deepEqual(proxied.opaque, [])
  t.deepEqual(reports.map(report => report.event === 'request' && [report.method, report.path, report.status]),
    [['POST', '/shop.Cart/Unary', 200], ['POST', '/shop.Cart/Unary', 200]])
})

test('an intercept that was there before the connection gets its first call', async t => {
  const { developer, proxied, caller } = await setUp(t)
  proxied.intercept(MARIA.id, developer.port)
  t.deepEqual(shown(await caller.unary('1', MARIA)), fromMaria('dev:1'))
  t.deepEqual(shown(await caller.unary('2')), fromApp('app:2'))
  t.is(proxied.accepted(), 1)
})

test('a hundred calls at once, every other one diverted', async t => {
  const { developer, proxied, caller } = await setUp(t)
  await caller.unary('first')
  proxied.intercept(MARIA.id, developer.port)
  const answers = await Promise.all(Array.from({ length: 100 }, async (_, index) =>
    await caller.unary(String(index), index % 2 === 0 ? MARIA : {})))
  t.deepEqual(answers.map(shown), answers.map((_, index) => index % 2 === 0 ? fromMaria(`dev:${index}`) : fromApp(`app:${index}`)))
  t.is(proxied.accepted(), 1)
})

test('16 MiB up and down, diverted and not, at once on one old connection', async t => {
  const { developer, proxied, caller } = await setUp(t)
  await caller.unary('first')
  proxied.intercept(MARIA.id, developer.port)
  const big = Buffer.alloc(16 * 1024 * 1024, 'x')
  const pieces = Array.from({ length: 256 }, () => Buffer.alloc(64 * 1024, 'y'))
  const size = 16 * 1024 * 1024
  const [unaryDev, unaryApp, upDev, upApp, downDev, downApp] = await Promise.all([
    caller.unary(big, MARIA), caller.unary(big), caller.upload(pieces, MARIA), caller.upload(pieces),
    caller.download(256, 64 * 1024, MARIA), caller.download(256, 64 * 1024)
  ])
  t.deepEqual([unaryDev.bytes, unaryDev.text.slice(0, 5)], [size + 4, 'dev:x'])
  t.deepEqual([unaryApp.bytes, unaryApp.text.slice(0, 5)], [size + 4, 'app:x'])
  t.deepEqual([upDev.text, upApp.text], [`dev:${size}`, `app:${size}`])
  t.deepEqual([downDev.bytes, downDev.text.slice(0, 6)], [size, 'devdev'])
  t.deepEqual([downApp.bytes, downApp.text.slice(0, 6)], [size, 'appapp'])
  t.deepEqual(shown(await caller.unary('last')), fromApp('app:last'))
  t.deepEqual(shown(await caller.unary('last', MARIA)), fromMaria('dev:last'))
  t.is(proxied.accepted(), 1)
})

test('both sides of a stream talk in turn; it goes on where it began when the intercept ends', async t => {
  const { developer, proxied, caller } = await setUp(t)
  const old = caller.chat(MARIA)
  const toOld = talk(old)
  t.is(await toOld('a'), 'app:a')
  const { route } = proxied.intercept(MARIA.id, developer.port)
  const chat = caller.chat(MARIA)
  const to = talk(chat)
  t.is(await to('b'), 'dev:b')
  t.is(await toOld('c'), 'app:c')
  proxied.routes.remove(route)
  t.is(await to('d'), 'dev:d')
  t.is(await toOld('e'), 'app:e')
  t.is((await caller.unary('f', MARIA)).text, 'app:f')
  for (const [each, name] of [[old, 'app'], [chat, 'dev']] as const) {
    each.end()
    const [status] = await once(each, 'status') as [{ code: number, metadata: Answer['trailers'] }]
    t.is(status.code, 0)
    t.deepEqual(status.metadata.get('x-trailer'), [name])
  }
  t.is(proxied.accepted(), 1)
})

test('a failed call has its status, its message and its trailers', async t => {
  const { developer, proxied, caller } = await setUp(t)
  proxied.intercept(MARIA.id, developer.port)
  const { code, details, trailers } = await caller.call('fail', Buffer.from('x'), MARIA).answer
  t.deepEqual([code, details, trailers.get('x-trailer')[0]], [6, 'dev has it: ä', 'dev'])
  // Trailers-only: what belongs to a response's head is in them.
  t.deepEqual(trailers.get('x-waylay-diverted-to'), ['i-maria-12345678'])
})

for (const [kind, options] of [['cancelled', {}], ['over its deadline', { timeoutMs: 3000 }]] as const) {
  test(`a call that is ${kind} ends at the developer's program`, async t => {
    const { developer, proxied, caller } = await setUp(t)
    await caller.unary('first')
    proxied.intercept(MARIA.id, developer.port)
    const call = caller.call('never', Buffer.from('x'), { ...MARIA, ...options })
    await until(() => developer.hanging() === 1)
    if (kind === 'cancelled') call.cancel()
    t.is((await call.answer).code, kind === 'cancelled' ? 1 : 4)
    await until(() => developer.cancelled() === 1)
    t.is((await caller.unary('2', MARIA)).text, 'dev:2')
    t.is((await caller.unary('3')).text, 'app:3')
    t.is(proxied.accepted(), 1)
  })
}

test('a developer whose program does not listen: the call is told that it is unavailable, the connection stays', async t => {
  const { developer, proxied, caller } = await setUp(t)
  await caller.unary('first')
  const { port } = developer
  developer.server.forceShutdown()
  proxied.intercept(MARIA.id, port)
  const refused = await caller.unary('1', MARIA)
  t.is(refused.code, 14)
  t.regex(refused.details, /^WAYLAY_DEVELOPER_REFUSED: /)
  t.deepEqual(refused.trailers.get('x-waylay-error'), ['WAYLAY_DEVELOPER_REFUSED'])
  t.is((await caller.unary('2')).text, 'app:2')
  t.is(proxied.accepted(), 1)
})

test('a session that is lost: the call under way is told, the next one goes to the app', async t => {
  const { developer, proxied, caller } = await setUp(t)
  await caller.unary('first')
  const intercept = proxied.intercept(MARIA.id, developer.port)
  const call = caller.call('never', Buffer.from('x'), MARIA)
  await until(() => developer.hanging() === 1)
  intercept.cut()
  const lost = await call.answer
  t.is(lost.code, 14)
  t.regex(lost.details, /^WAYLAY_DEVELOPER_GONE: /)
  t.is((await caller.unary('2', MARIA)).text, 'app:2')
  t.is(proxied.accepted(), 1)
})

test('a program that goes in an orderly way finishes its calls; the next ones go to its successor', async t => {
  const { developer, proxied, caller } = await setUp(t)
  await caller.unary('first')
  const { route } = proxied.intercept(MARIA.id, developer.port)
  const to = talk(caller.chat(MARIA))
  t.is(await to('a'), 'dev:a')
  developer.server.tryShutdown(() => {})
  t.is(await to('b'), 'dev:b')
  const next = await serveGrpc(t, 'dev')
  proxied.routes.remove(route)
  proxied.intercept(MARIA.id, next.port)
  t.deepEqual(shown(await caller.unary('c', MARIA)), fromMaria('dev:c'))
  t.is(await to('d'), 'dev:d')
  t.is(proxied.accepted(), 1)
})

test('an app that goes in an orderly way ends the connection only when the developer has answered', async t => {
  const { app, developer, proxied, caller } = await setUp(t)
  await caller.unary('first')
  proxied.intercept(MARIA.id, developer.port)
  const to = talk(caller.chat(MARIA))
  t.is(await to('a'), 'dev:a')
  app.server.tryShutdown(() => {})
  for (const text of ['b', 'c', 'd']) t.is(await to(text), `dev:${text}`)
  t.is(proxied.accepted(), 1)
})

/** Sends one message and waits for its answer. */
function talk (chat: ReturnType<ReturnType<typeof callGrpc>['chat']>): (text: string) => Promise<string> {
  chat.on('error', () => {})
  return async text => {
    chat.write(Buffer.from(text))
    const [answer] = await once(chat, 'data') as [Buffer]
    return answer.toString()
  }
}

async function until (holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise(resolve => setTimeout(resolve, 5))
}
