import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import test, { type ExecutionContext } from 'ava'
import { WebSocket } from 'ws'
import type { LiveMessage } from '../../demo/shop/live.ts'
import type { Service } from '../../demo/shop/service.ts'
import { createService } from '../../demo/shop/create-service.ts'
import { hopsOf } from '../../demo/storefront.ts'

test('an answer names every service on the way', async t => {
  const shop = await startShop(t)
  t.deepEqual(hopsOf(await getJson(shop.url)), { storefront: 'app', payments: 'app', ledger: 'app' })
})

test('the routing header and baggage reach the third service', async t => {
  const shop = await startShop(t)
  await getJson(shop.url, { 'x-waylay-id': 'maria-3fk27d4a', baggage: 'tenant=a,waylay-id=maria-3fk27d4a' })
  t.like(shop.lastLedgerHeaders(), { 'x-waylay-id': 'maria-3fk27d4a', baggage: 'tenant=a,waylay-id=maria-3fk27d4a' })
})

test('a request without the header brings none to the third service', async t => {
  const shop = await startShop(t)
  await getJson(shop.url, { cookie: 'session=1' })
  t.is(shop.lastLedgerHeaders()['x-waylay-id'], undefined)
  t.is(shop.lastLedgerHeaders()['cookie'], undefined)
})

test('requests in a row use one connection between services', async t => {
  const shop = await startShop(t)
  for (let count = 0; count < 5; count++) await getJson(shop.url)
  t.is(shop.ledgerConnections(), 1)
})

test('a browser gets a page that names who answered', async t => {
  const shop = await startShop(t)
  const response = await fetch(shop.url, { headers: { accept: 'text/html' } })
  const page = await response.text()
  t.is(response.headers.get('content-type'), 'text/html; charset=utf-8')
  const cards = [...page.matchAll(/<h2>(\w+)<\/h2>\s*<p>answered by <b>(\w+)<\/b>/g)].map(([, ...card]) => card)
  t.deepEqual(cards, [['storefront', 'app'], ['payments', 'app'], ['ledger', 'app']])
})

test('a basket is kept by a cookie, and filling it leads back to the page', async t => {
  const shop = await startShop(t)
  const response = await fetch(`${shop.url}basket`, { method: 'POST', redirect: 'manual', headers: { cookie: 'a=1; basket=4' } })
  t.is(response.status, 303)
  t.is(response.headers.get('location'), shop.url)
  t.is(response.headers.get('set-cookie'), 'basket=5; Path=/; HttpOnly; SameSite=Lax')
  const page = await (await fetch(shop.url, { headers: { accept: 'text/html', cookie: 'basket=5' } })).text()
  t.true(page.includes('5 in your basket'))
})

test('a WebSocket tells who answers, service by service, and goes on', async t => {
  const shop = await startShop(t)
  const { heard, socket } = await listenLive(t, shop.url, { 'x-waylay-id': 'maria-3fk27d4a' })
  while (heard.length < 4) await once(socket, 'message')
  t.deepEqual(heard.slice(0, 4), ['storefront by app', 'payments by app', 'ledger by app', 'ledger by app'])
  t.is(shop.lastLedgerHeaders()['x-waylay-id'], 'maria-3fk27d4a')

  socket.close(1000)

  const [code] = await once(socket, 'close') as [number]
  t.is(code, 1000)
})

test('a WebSocket ends when a service behind cannot be asked', async t => {
  const url = await listen(t, { name: 'storefront', answeredBy: 'app', instance: 'test', next: { name: 'payments', url: 'http://127.0.0.1:1/' } })
  const { heard, socket } = await listenLive(t, url)
  await once(socket, 'close')
  t.deepEqual(heard, ['storefront by app'])
})

test('a service that leaves ends its WebSockets', async t => {
  let ledger: ReturnType<typeof createService> | undefined
  const url = await listen(t, service('ledger'), server => { ledger = server })
  const { socket } = await listenLive(t, url)
  ledger?.emit('leaving')
  await once(socket, 'close')
  t.is(socket.readyState, WebSocket.CLOSED)
})

test('a service that does not answer is named in a 502', async t => {
  const url = await listen(t, { name: 'storefront', answeredBy: 'app', instance: 'test', next: { name: 'payments', url: 'http://127.0.0.1:1/' } })
  const response = await fetch(url)
  t.is(response.status, 502)
  t.regex(JSON.stringify(await response.json()), /"payments":\{"error":".*ECONNREFUSED.*"\}/)
})

test('a health check does not ask the services behind', async t => {
  const url = await listen(t, { name: 'storefront', answeredBy: 'app', instance: 'test', next: { name: 'payments', url: 'http://127.0.0.1:1/' } })
  const response = await fetch(`${url}healthz`)
  t.is(response.status, 200)
})

/** The three services in this process, each on a port of its own. */
async function startShop (t: ExecutionContext) {
  let lastLedgerHeaders: Readonly<Record<string, unknown>> = {}
  let ledgerConnections = 0
  const ledger = await listen(t, service('ledger'), server => {
    for (const event of ['request', 'upgrade']) server.on(event, req => { lastLedgerHeaders = (req as IncomingMessage).headers })
    server.on('connection', () => { ledgerConnections++ })
  })
  const payments = await listen(t, { ...service('payments'), next: { name: 'ledger', url: ledger } })
  const url = await listen(t, { ...service('storefront'), next: { name: 'payments', url: payments } })
  return { url, lastLedgerHeaders: () => lastLedgerHeaders, ledgerConnections: () => ledgerConnections }
}

function service (name: string): Service {
  return { name, answeredBy: 'app', instance: 'test' }
}

async function listenLive (t: ExecutionContext, url: string, headers: Readonly<Record<string, string>> = {}) {
  const socket = new WebSocket(`${url.replace('http', 'ws')}live`, { headers })
  t.teardown(() => socket.terminate())
  const heard: string[] = []
  socket.on('message', (message: Buffer) => {
    const { service, answeredBy } = JSON.parse(message.toString()) as LiveMessage
    heard.push(`${service} by ${answeredBy}`)
  })
  await once(socket, 'open')
  return { heard, socket }
}

async function listen (
  t: ExecutionContext, options: Service, prepare: (server: ReturnType<typeof createService>) => void = () => {}
): Promise<string> {
  const server = createService(options)
  prepare(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => { server.closeAllConnections(); server.close() })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
}

async function getJson (url: string, headers: Record<string, string> = {}): Promise<unknown> {
  return await (await fetch(url, { headers })).json()
}
