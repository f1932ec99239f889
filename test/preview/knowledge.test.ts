import { once } from 'node:events'
import { request, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import test from 'ava'
import { createDestinations } from '../../preview/destinations.ts'
import { createHandler, type HandlerDeps } from '../../preview/handler.ts'
import type { PlacesOptions } from '../../preview/places.ts'
import { createNamespaces } from '../../preview/namespaces.ts'
import { createNews } from '../../preview/news.ts'
import { createPlainGateway } from '../../preview/server.ts'
import { quietLog } from '../webhook/quiet-log.ts'
import { aPreview, aService, DOMAIN, mariasIntercept, startGateway } from './cases.ts'

const LINK = { name: 'p-1', namespace: 'shop', service: 'storefront', port: 80, headers: [], endMs: 0 }

test('only the one word of the annotation allows previews, until it goes', t => {
  const namespaces = createNamespaces()
  const put = (annotations: Record<string, string>) => namespaces.put({ metadata: { name: 'shop', annotations } })
  for (const value of ['yes', 'Allow', '']) {
    put({ 'waylay.dev/previews': value })
    t.false(namespaces.allowsPreviews('shop'), value)
  }
  put({ 'waylay.dev/previews': 'allow' })
  t.true(namespaces.allowsPreviews('shop'))
  t.false(namespaces.allowsPreviews('web'))
  put({})
  t.false(namespaces.allowsPreviews('shop'))
  put({ 'waylay.dev/previews': 'allow' })
  namespaces.remove({ metadata: { name: 'shop' } })
  t.false(namespaces.allowsPreviews('shop'))
})

test('while the API server is away the clock of leases stands, and after a minute nobody is let in', t => {
  let nowMs = 0
  const news = createNews(() => nowMs)
  t.true(news.isBlind(), 'nothing has come yet')
  news.onNews()
  t.false(news.isBlind())

  nowMs = 1000
  news.onTrouble()
  nowMs = 31_000
  news.onTrouble()
  t.is(news.standing(100_000), 70_000)
  t.false(news.isBlind())
  nowMs = 61_001
  t.true(news.isBlind())

  news.onNews()
  t.deepEqual([news.isBlind(), news.standing(100_000)], [false, 100_000])

  news.onTrouble(30_000)
  nowMs += 29_000
  t.false(news.isBlind())
  nowMs += 1001
  t.true(news.isBlind(), 'nothing was heard for a minute, of which half was only quiet')
})

test('a Service is asked for once in a few seconds, and anew after that', async t => {
  let nowMs = 0
  let asked = 0
  let answer = async () => aService(80)
  const find = createDestinations({
    readService: async () => {
      asked++
      return await answer()
    },
    monotonicMs: () => nowMs
  })
  const [one] = await Promise.all([find(LINK), find(LINK)])
  t.like(one, { host: '127.0.0.1', port: 80 })
  t.is(asked, 1)

  nowMs = 3001
  answer = async () => aService(80, { type: 'ExternalName' })
  t.is(await find(LINK), undefined)
  t.is(asked, 2)

  nowMs = 7000
  answer = async () => aService(80)
  t.like(await find(LINK), { host: '127.0.0.1' })
  t.is(asked, 3)
})

test('while no Service can be read, what it was counts for a minute, and what it never was does not', async t => {
  let nowMs = 0
  let isAway = false
  let asked = 0
  const find = createDestinations({
    readService: async () => {
      asked++
      if (!isAway) return aService(80)
      nowMs += 5000
      throw new Error('away')
    },
    monotonicMs: () => nowMs
  })
  await find(LINK)
  isAway = true
  nowMs = 50_000
  t.like(await find(LINK), { host: '127.0.0.1' })
  t.like(await find(LINK), { host: '127.0.0.1' })
  t.is(asked, 2, 'not each request waits for an answer that does not come')
  await t.throwsAsync(find({ ...LINK, service: 'other' }), { message: 'away' })

  nowMs = 62_001
  await t.throwsAsync(find(LINK), { message: 'away' })
  await t.throwsAsync(find(LINK), { message: 'away' })
  t.is(asked, 5)
  isAway = false
  t.like(await find(LINK), { host: '127.0.0.1' })
})

/** The status and code of an answer to a visitor with the cookie of a live link. */
async function answerOf (
  deps: Partial<HandlerDeps>, limits?: PlacesOptions
): Promise<readonly [number, string | undefined, readonly string[]]> {
  const { token, preview } = aPreview()
  const counted: string[] = []
  const handler = createHandler({
    domain: DOMAIN,
    find: () => ({ kind: 'live', link: { ...LINK, name: preview.name } }),
    findDestination: async () => undefined,
    isBlind: () => false,
    isBehindIngress: false,
    nowMs: Date.now,
    count: result => { counted.push(result) },
    log: quietLog().log,
    ...deps
  }, limits)
  const server = createPlainGateway(handler).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const headers = { host: `${preview.name}.${DOMAIN}`, cookie: `__Host-waylay-preview=${token}`, connection: 'close' }
  const req = request({ host: '127.0.0.1', port, headers }).end()
  const [res] = await once(req, 'response') as [IncomingMessage]
  res.resume()
  server.close()
  return [res.statusCode ?? 0, res.headers['x-waylay-error'] as string | undefined, counted]
}

test('a gateway that knows nothing of its cluster shows nothing', async t => {
  t.deepEqual(await answerOf({ isBlind: () => true }), [503, 'WAYLAY_PREVIEW_BUSY', ['blind']])
  const away = async () => { throw new Error('the API server is away') }
  t.deepEqual(await answerOf({ findDestination: away }), [503, 'WAYLAY_PREVIEW_BUSY', ['forward']])
})

test('visitors are sent to the other replica while one does not hear from its cluster', async t => {
  let nowMs = 0
  const { gateway } = await startGateway(t, (_req, res) => { res.end('app') }, { monotonicMs: () => nowMs })
  for (const news of Object.values(gateway.news)) {
    t.true(gateway.isReady())
    news.onTrouble()
    nowMs += 30_000
    t.true(gateway.isReady(), 'what it knows is good enough for a while')
    nowMs += 60_000
    t.false(gateway.isReady())
    news.onNews()
  }
})

test('more requests than are held at a time are turned away', async t => {
  t.deepEqual(await answerOf({}, { max: 0, maxOfLink: 1 }), [503, 'WAYLAY_PREVIEW_BUSY', ['busy']])
  t.deepEqual(await answerOf({}, { max: 1, maxOfLink: 1 }), [502, 'WAYLAY_PREVIEW_UNREACHABLE', ['forward']])
})

test('what is on its way is counted until it is answered', async t => {
  const held = Promise.withResolvers<void>()
  const { gateway, show } = await startGateway(t, (_req, res) => { void held.promise.then(() => res.end('app')) })
  const waiting = show('/')
  while (gateway.handler.active() === 0) await new Promise(resolve => setTimeout(resolve, 5))
  t.is(gateway.handler.active(), 1)
  held.resolve()
  t.is((await waiting).status, 200)
  t.is(gateway.handler.active(), 0)
})

test('an answer that goes on is cut off when its link is taken back', async t => {
  const { gateway, show } = await startGateway(t, (_req, res) => {
    res.writeHead(200, { 'content-type': 'text/event-stream' })
    res.write('data: 1\n\n')
    gateway.links.put(mariasIntercept([]))
  })
  await t.throwsAsync(show('/events'), { message: /aborted|hang up/ })
  while (gateway.handler.active() > 0) await new Promise(resolve => setTimeout(resolve, 5))
  t.is((await show('/events')).headers['x-waylay-error'], 'WAYLAY_PREVIEW_ENDED')
})

test('what goes on is cut off as well when nobody knows any more whether its link still stands', async t => {
  const { gateway, show } = await startGateway(t, (_req, res) => {
    res.writeHead(200, { 'content-type': 'text/event-stream' })
    res.write('data: 1\n\n')
  }, { monotonicMs: () => nowMs })
  let nowMs = 0
  const events = show('/events')
  const cut = t.throwsAsync(events, { message: /aborted|hang up/ })
  while (gateway.handler.active() === 0) await new Promise(resolve => setTimeout(resolve, 5))
  gateway.news.namespaces.onTrouble()
  nowMs = 30 * 60_000
  await cut
})

test('an idle connection of an ingress is kept for longer than ingresses keep it', t => {
  const server = createPlainGateway({ onRequest: async () => {}, onUpgrade: async () => {}, active: () => 0 })
  t.true(server.keepAliveTimeout > 600_000)
})
