import { createServer, request, type IncomingMessage } from 'node:http'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import test from 'ava'
import { isLoopbackName } from '../../../cli/preview/guard.ts'
import { listen, startTestPreview } from './fake-app.ts'

const gets = test.macro(async (t, headers: Record<string, string>, status: number, code?: string, method?: string) => {
  let asked = 0
  const port = await listen(t, createServer((_req, res) => {
    asked++
    res.end('app')
  }))
  const preview = await startTestPreview(t, { appPort: () => port })
  const sent = request(`${preview.url}/cart?token=secret`, { headers, method: method ?? 'GET' })
  const [answer] = await once(sent.end(), 'response') as [IncomingMessage]
  t.is(answer.statusCode, status)
  t.is(answer.headers['x-waylay-error'], code)
  t.is(asked, status === 200 ? 1 : 0, 'a request that is refused never reaches the app')
  t.notRegex(await text(answer), /secret/)
})

const CROSS = { 'sec-fetch-site': 'cross-site' }
/** A person follows a link, or a page sends them. */
const CLICK = { ...CROSS, 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' }
const HOST = 'WAYLAY_PREVIEW_HOST'
const FOREIGN = 'WAYLAY_PREVIEW_FOREIGN'

test('a name of another host is refused', gets, { host: 'evil.example.org' }, 421, HOST)
test('a name that only looks like one of this machine is refused', gets, { host: 'localhost.example.org:80' }, 421, HOST)
test('an address of another machine is refused', gets, { host: '128.0.0.1' }, 421, HOST)
test('localhost is this machine, behind another port too', gets, { host: 'localhost:9000' }, 200)
test('so is whatever ends in .localhost', gets, { host: 'shop.localhost:9000' }, 200)
test('so is [::1]', gets, { host: '[::1]:9000' }, 200)
test('a link on another site leads here', gets, CLICK, 200)
test('its form does not', gets, { ...CLICK, origin: 'https://evil.example.org' }, 403, FOREIGN, 'POST')
test('nor one that hides its origin', gets, { ...CLICK, origin: 'null' }, 403, FOREIGN, 'POST')
test('a form of the preview is sent', gets, { ...CLICK, 'sec-fetch-site': 'same-origin', origin: 'http://127.0.0.1:9' }, 200, undefined, 'POST')
test('nor one that hides it in a browser that says nothing of sites', gets, { origin: 'null' }, 403, FOREIGN, 'POST')
test('a form of the preview that hides its origin is sent', gets, { 'sec-fetch-site': 'same-origin', origin: 'null' }, 200, undefined, 'POST')
test('a frame of another site does not', gets, { ...CROSS, 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'iframe' }, 403, FOREIGN)
test('nor an image of another site', gets, { ...CROSS, 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'image' }, 403, FOREIGN)
test('nor its script', gets, { ...CROSS, 'sec-fetch-mode': 'cors', origin: 'https://evil.example.org' }, 403, FOREIGN)
test('nor one whose browser says less', gets, { origin: 'https://evil.example.org' }, 403, FOREIGN)
test('nor a sandboxed one', gets, { ...CROSS, origin: 'null' }, 403, FOREIGN)
test('nor its WebSocket', gets, { origin: 'https://localhost.evil.example.org', 'sec-fetch-mode': 'websocket' }, 403, FOREIGN)
test('a page of another server on this machine may ask', gets, { ...CROSS, origin: 'http://localhost:3000' }, 200)
test('a page of the preview may ask', gets, { 'sec-fetch-site': 'same-origin', 'sec-fetch-mode': 'cors' }, 200)
test('a program that says nothing of where it comes from may ask', gets, {}, 200)

test('only names that no name server answers for are this machine\'s', t => {
  for (const name of ['127.0.0.1', '127.9.9.9', 'LOCALHOST', 'a.b.localhost', '::1', 'localhost.']) t.true(isLoopbackName(name), name)
  for (const name of ['', '127.0.0.1.nip.io', 'localhostx', '.localhost', '::2', '0.0.0.0']) t.false(isLoopbackName(name), name)
})
