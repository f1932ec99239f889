import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import test from 'ava'
import { bundlePrograms } from '../../../build/bundle.ts'
import { installPackage, startApp, type Installed } from './node-app.ts'

const TRACE = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
const MARKED = {
  traceparent: TRACE,
  tracestate: 'vendor=1',
  // Properties, spaces, a member that OpenTelemetry cannot read: all of it is somebody's.
  baggage: 'waylay-id=maria-12345678;p=1, tenant=a%20b,odd=%zz,empty=',
  'x-waylay-id': 'maria-12345678'
}

let installed: Installed
test.before(async () => { installed = await installPackage() })
test.after.always(async () => { await installed.remove() })

const preloaded = (env: Readonly<Record<string, string>> = {}) =>
  ({ env: { NODE_OPTIONS: `--require=${installed.register}`, ...env } })

for (const way of ['/get', '/request', '/fetch']) {
  test(`an app in CommonJS hands on what it received by ${way}`, async t => {
    const app = await startApp(t, 'app.cjs', preloaded())

    t.like(await app.ask(way, MARKED), MARKED)
    t.is(app.stderr(), '')
  })
}

for (const way of ['/get', '/fetch', '/http2']) {
  test(`an app of ES modules hands on what it received by ${way}`, async t => {
    t.like(await (await startApp(t, 'app.mjs', preloaded())).ask(way, MARKED), MARKED)
  })
}

test('an app that nothing is loaded into hands on nothing', async t => {
  const app = await startApp(t, 'app.cjs', {})

  const { traceparent, baggage, 'x-waylay-id': id } = await app.ask('/get', MARKED)

  t.deepEqual([traceparent, baggage, id], [undefined, undefined, undefined])
})

test('a request that brought nothing gets nothing, also between two that did', async t => {
  const app = await startApp(t, 'app.cjs', preloaded())
  const ids = ['maria-12345678', undefined, 'lars-12345678', undefined, 'ines-12345678']

  const seen = await Promise.all(ids.map(async id =>
    await app.ask('/later', id === undefined ? {} : { 'x-waylay-id': id, baggage: `waylay-id=${id}` })))

  t.deepEqual(seen.map(headers => headers['x-waylay-id']), ids)
  t.deepEqual(seen.map(headers => headers['baggage']), ids.map(id => id && `waylay-id=${id}`))
})

test('what undici sends again by itself carries nothing of whoever opened the connection', async t => {
  const app = await startApp(t, 'app.cjs', preloaded())
  await app.ask('/fetch')

  for (const headers of [MARKED, {}, { 'x-waylay-id': 'lars-12345678' }]) {
    const { 'x-waylay-id': id, baggage, traceparent } = await app.ask('/again', headers)
    t.deepEqual([id, baggage, traceparent], [undefined, undefined, undefined])
  }
})

test('what is called back by a connection carries nothing of whoever opened it', async t => {
  const app = await startApp(t, 'app.cjs', preloaded())

  for (const headers of [MARKED, {}, { 'x-waylay-id': 'lars-12345678' }]) {
    const { 'x-waylay-id': id, baggage, traceparent } = await app.ask('/query', headers)
    t.deepEqual([id, baggage, traceparent], [undefined, undefined, undefined])
  }
})

test('requests of fetch that share a connection of HTTP/2 never carry what another one brought', async t => {
  const app = await startApp(t, 'app.mjs', preloaded())
  await app.ask('/fetch')
  const ids = Array.from({ length: 20 }, (_, index) => index % 2 === 0 ? `maria-1234567${index}` : undefined)

  const seen = await Promise.all(ids.map(async id => await app.ask('/shared', id === undefined ? {} : { 'x-waylay-id': id })))

  for (const [index, id] of ids.entries()) {
    t.true([id, undefined].includes(seen[index]?.['x-waylay-id'] as string | undefined), JSON.stringify(seen[index]))
  }
  t.is((await app.ask('/shared', MARKED))['x-waylay-id'], MARKED['x-waylay-id'])
})

test('what waits in a queue of the app\'s carries what its own request brought, where the app binds it', async t => {
  const app = await startApp(t, 'app.cjs', preloaded())
  const ids = Array.from({ length: 20 }, (_, index) => index % 3 === 0 ? `maria-123456${index}` : undefined)

  const seen = await Promise.all(ids.map(async id => await app.ask('/queued', id === undefined ? {} : { 'x-waylay-id': id })))

  t.deepEqual(seen.map(headers => headers['x-waylay-id']), ids)
})

test('an agent that adds its own trace to each fetch without a look is the only one that does', async t => {
  const app = await startApp(t, 'other-agent.cjs', preloaded())

  const { traceparent, 'x-waylay-id': id } = await app.ask('/fetch', MARKED)

  t.deepEqual([traceparent, id], ['theirs', MARKED['x-waylay-id']])
})

test('more baggage than everybody must take does not go on', async t => {
  const app = await startApp(t, 'app.cjs', preloaded())
  const most = `a=${'x'.repeat(8190)}`

  t.is((await app.ask('/get', { baggage: most }))['baggage'], most)
  t.is((await app.ask('/get', { baggage: `${most}x` }))['baggage'], undefined)
})

test('what a lenient parser lets through and no request may have is left out, and the app\'s request goes', async t => {
  const app = await startApp(t, 'app.cjs', { ...preloaded(), flags: ['--insecure-http-parser'] })

  const caller = connect(Number(app.said['port']), '127.0.0.1')
  t.teardown(() => { caller.destroy() })
  caller.write('GET /get HTTP/1.1\r\nHost: shop\r\nConnection: close\r\nx-waylay-id: a\u0001b\r\n\r\n')

  t.regex(await text(caller), /\r\n\r\n\{"host":"127\.0\.0\.1:\d+","connection":"keep-alive"\}$/)
})

test('what the app sets on a request itself is never written over', async t => {
  const app = await startApp(t, 'app.cjs', preloaded())

  t.like(await app.ask('/own', MARKED), { baggage: 'mine=1', traceparent: 'own', tracestate: undefined })
  t.like(await app.ask('/own-later', MARKED), { baggage: 'mine=2', traceparent: TRACE })
  t.like(await app.ask('/own-fetch', MARKED), { baggage: 'mine=4', 'x-waylay-id': 'maria-12345678' })
  t.like(await (await startApp(t, 'app.mjs', preloaded())).ask('/own-http2', MARKED), { baggage: 'mine=1', traceparent: TRACE })
})

test('a request whose headers are a list goes as the app made it', async t => {
  const app = await startApp(t, 'app.cjs', preloaded())

  t.like(await app.ask('/list', MARKED), { host: 'shop', baggage: 'mine=3', traceparent: undefined })
})

test('several lines of baggage go on as one', async t => {
  const app = await startApp(t, 'app.cjs', preloaded())

  t.is((await app.ask('/get', { baggage: ['a=1', 'b=2'] }))['baggage'], 'a=1, b=2')
})

test('the app keeps what it has in NODE_OPTIONS itself', async t => {
  const own = new URL('apps/own.cjs', import.meta.url).pathname
  const app = await startApp(t, 'app.cjs', { env: { NODE_OPTIONS: `--require ${own} --require=${installed.register}` } })

  t.is(app.said['own'], 'kept')
  t.like(await app.ask('/get', MARKED), MARKED)
})

test('node --import waylay/propagate carries any header that is named', async t => {
  const env = { WAYLAY_PROPAGATE_HEADERS: 'X-User, x-tenant,host' }
  const app = await startApp(t, 'app.cjs', { flags: ['--import', 'waylay/propagate'], env, cwd: installed.folder })

  const seen = await app.ask('/fetch', { ...MARKED, 'x-user': 'maria', 'x-tenant': 'acme', 'x-other': 'stays' })

  t.like(seen, { ...MARKED, 'x-user': 'maria', 'x-tenant': 'acme', 'x-other': undefined })
  t.is(app.stderr(), 'waylay: WAYLAY_PROPAGATE_HEADERS: not carried on: "host"\n')
})

test('loaded twice it works once', async t => {
  const flags = ['--import', 'waylay/propagate', '--require', installed.register]
  const app = await startApp(t, 'app.cjs', { flags, cwd: installed.folder })

  t.like(await app.ask('/get', MARKED), MARKED)
})

test('an app that sets OpenTelemetry up itself keeps its own', async t => {
  const app = await startApp(t, 'own-opentelemetry.cjs', preloaded())

  t.is(app.said['own'], 'true,true')
  // Once each: of two traceparents a receiver takes none.
  const theirs = { baggage: 'own=propagator', 'x-waylay-id': 'maria-12345678' }
  t.like(await app.ask('/get', MARKED), theirs)
  t.like(await app.ask('/fetch', MARKED), { ...theirs, traceparent: undefined, tracestate: undefined })
})

test('the bundle has no SDK and no exporter in it', async t => {
  const [bundle] = await bundlePrograms(['propagate'], `${installed.folder}/again`)

  t.deepEqual(bundle?.packages.filter(name => /sdk|exporter/.test(name)), [])
  t.true(bundle?.packages.includes('@opentelemetry/core'))
})
