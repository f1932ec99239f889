import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo, Server } from 'node:net'
import test, { type ExecutionContext } from 'ava'
import { until } from '../cli/helpers/until.ts'
import { startBrowser } from './browser.ts'
import { makePair } from './tls.ts'

const page = (body: string): RequestListener => (req, res) => {
  res.writeHead(req.url === '/' ? 200 : 404, { 'content-type': 'text/html' }).end(`<!doctype html><title>shop</title>${body}`)
}

async function listen (t: ExecutionContext, server: Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => { server.close() })
  return (server.address() as AddressInfo).port
}

test('a name leads to this machine, and a page without fault leaves no complaint', async t => {
  const port = await listen(t, createServer(page('<link rel="icon" href="data:,"><h1>open</h1>')))
  const browser = await startBrowser(t, { hostRules: ['MAP *.shop.test 127.0.0.1'], colorScheme: 'dark' })
  const tab = await browser.newPage()

  await tab.goto(`http://de.shop.test:${port}/`)

  t.is(await tab.textContent('h1'), 'open')
  t.true(await tab.evaluate('matchMedia("(prefers-color-scheme: dark)").matches'))
  t.deepEqual(browser.complaints(), [])
  t.deepEqual(browser.hosts(), [`de.shop.test:${port}`])
})

test('what a page gets wrong is told: a script, a picture, a name outside', async t => {
  const port = await listen(t, createServer(page(
    '<link rel="icon" href="data:,"><img src="/no.png"><img src="http://elsewhere.test/a.png"><script>nothing()</script>')))
  const browser = await startBrowser(t)
  const tab = await browser.newPage()

  await tab.goto(`http://127.0.0.1:${port}/`)
  const all = [/nothing is not defined/, /console of .*404/, /ERR_NAME_NOT_RESOLVED/]
  await until(() => all.every(one => one.test(browser.complaints().join('\n'))))

  const told = browser.complaints().join('\n')
  t.regex(told, /uncaught: nothing is not defined/)
  t.regex(told, /console of .*404/)
  t.regex(told, /GET http:\/\/elsewhere\.test\/a\.png: net::ERR_NAME_NOT_RESOLVED/)
  t.deepEqual(browser.hosts(), [`127.0.0.1:${port}`, 'elsewhere.test'])
})

test('the one certificate that is trusted is taken, and no other', async t => {
  const [mine, other] = [await makePair('shop.test'), await makePair('shop.test')]
  const ports = await Promise.all([mine, other].map(async ({ certificate, key }) =>
    await listen(t, createTlsServer({ cert: certificate, key }, page('<h1>open</h1>')))))
  const browser = await startBrowser(t, { hostRules: ['MAP shop.test 127.0.0.1'], trust: mine.certificate })
  const tab = await browser.newPage()

  await tab.goto(`https://shop.test:${ports[0]}/`)

  t.is(await tab.textContent('h1'), 'open')
  await t.throwsAsync(tab.goto(`https://shop.test:${ports[1]}/`), { message: /ERR_CERT_AUTHORITY_INVALID/ })
})
