import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import test, { type ExecutionContext } from 'ava'
import { createService, type Service } from '../../demo/shop/service.ts'
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
  t.true(page.includes('<td>ledger</td><td>app</td>'))
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
    server.on('request', req => { lastLedgerHeaders = req.headers })
    server.on('connection', () => { ledgerConnections++ })
  })
  const payments = await listen(t, { ...service('payments'), next: { name: 'ledger', url: ledger } })
  const url = await listen(t, { ...service('storefront'), next: { name: 'payments', url: payments } })
  return { url, lastLedgerHeaders: () => lastLedgerHeaders, ledgerConnections: () => ledgerConnections }
}

function service (name: string): Service {
  return { name, answeredBy: 'app', instance: 'test' }
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
