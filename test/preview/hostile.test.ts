import { once } from 'node:events'
import { connect } from 'node:tls'
import { text } from 'node:stream/consumers'
import { connect as connectHttp2 } from 'node:http2'
import test from 'ava'
import { createHandler } from '../../preview/handler.ts'
import { DOMAIN, aPreview, mariasIntercept, startGateway } from './cases.ts'
import { quietLog } from '../webhook/quiet-log.ts'

async function start (t: Parameters<typeof startGateway>[0]) {
  const seen: string[] = []
  const started = await startGateway(t, (req, res) => {
    seen.push(`${req.method} ${req.url}`)
    res.end('app')
  })
  /** Sends bytes, returns what comes until the end. */
  const raw = async (bytes: string): Promise<string> => {
    const socket = connect({ host: '127.0.0.1', port: started.port, servername: started.host, rejectUnauthorized: false, ALPNProtocols: ['http/1.1'] })
    await once(socket, 'secureConnect')
    socket.write(bytes)
    return await text(socket)
  }
  return { ...started, seen, raw }
}

test('nothing in a request chooses where it goes', async t => {
  const { raw, cookie, host, seen } = await start(t)
  const rest = (hosts: readonly string[]) => `${hosts.map(value => `Host: ${value}\r\n`).join('')}Cookie: ${cookie}\r\nConnection: close\r\n\r\n`
  const cases = {
    'an absolute target': [`GET http://evil.example.com/ HTTP/1.1\r\n${rest([host])}`, 421],
    'an absolute target of its own': [`GET https://${host}/ HTTP/1.1\r\n${rest([host])}`, 421],
    'a target that is a star': [`OPTIONS * HTTP/1.1\r\n${rest([host])}`, 421],
    'a tunnel': [`CONNECT 169.254.169.254:80 HTTP/1.1\r\n${rest([host])}`, 405],
    'a trace': [`TRACE / HTTP/1.1\r\n${rest([host])}`, 405],
    'an address as host': [`GET / HTTP/1.1\r\n${rest(['10.0.0.1'])}`, 421],
    'an IPv6 address as host': [`GET / HTTP/1.1\r\n${rest(['[::1]'])}`, 421],
    'another host': [`GET / HTTP/1.1\r\n${rest(['evil.example.com'])}`, 421],
    'a host that ends alike': [`GET / HTTP/1.1\r\n${rest([`${host}.evil.example.com`])}`, 421],
    'a host one level deeper': [`GET / HTTP/1.1\r\n${rest([`a.${host}`])}`, 421],
    'the bare domain': [`GET / HTTP/1.1\r\n${rest([DOMAIN])}`, 421],
    'a user in front of the host': [`GET / HTTP/1.1\r\n${rest([`evil@${host}`])}`, 421],
    'two hosts': [`GET / HTTP/1.1\r\n${rest([host, 'evil.example.com'])}`, 421],
    'the same host twice': [`GET / HTTP/1.1\r\n${rest([host, host])}`, 421]
  } as const
  for (const [what, [bytes, status]] of Object.entries(cases)) {
    t.regex(await raw(bytes), new RegExp(`^HTTP/1.1 ${status} `), what)
  }
  t.deepEqual(seen, [])
  t.regex(await raw(`GET /ok HTTP/1.1\r\n${rest([host.toUpperCase()])}`), /^HTTP\/1.1 200 /)
  t.deepEqual(seen, ['GET /ok'])
})

test('two ways of framing in one request, and a head without end, reach no app', async t => {
  const { raw, cookie, host, seen } = await start(t)
  const head = `POST / HTTP/1.1\r\nHost: ${host}\r\nCookie: ${cookie}\r\n`
  const both = `${head}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: ${host}\r\nCookie: ${cookie}\r\n\r\n`
  t.regex(await raw(both), /^HTTP\/1.1 400 /)
  t.regex(await raw(`${head}X-Long: ${'a'.repeat(20_000)}\r\n\r\n`), /^HTTP\/1.1 4\d\d /)
  t.deepEqual(seen, [])
})

test('an upgrade to anything but a WebSocket is a request like others', async t => {
  const { raw, cookie, host, seen } = await start(t)
  const answer = await raw(`GET /h2c HTTP/1.1\r\nHost: ${host}\r\nCookie: ${cookie}\r\nConnection: Upgrade, close\r\nUpgrade: h2c\r\n\r\n`)
  t.regex(answer, /^HTTP\/1.1 200 /)
  t.deepEqual(seen, ['GET /h2c'])
})

test('a WebSocket without the cookie, or to a link itself, gets an answer and no app', async t => {
  const { raw, host, token, seen } = await start(t)
  const upgrade = (to: string) => raw(`GET / HTTP/1.1\r\nHost: ${to}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
    'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n')
  t.regex(await upgrade(host), /^HTTP\/1.1 403 /)
  t.regex(await upgrade(`${token}.${DOMAIN}`), /^HTTP\/1.1 405 /)
  t.deepEqual(seen, [])
})

test('an HTTP/2 request that names two hosts, or wants a tunnel, reaches no app', async t => {
  const { port, host, cookie, seen } = await start(t)
  const session = connectHttp2(`https://127.0.0.1:${port}`, { servername: host, rejectUnauthorized: false })
  t.teardown(() => session.close())
  const statusOf = async (headers: object): Promise<unknown> => {
    const stream = session.request({ cookie, ...headers })
    stream.end()
    const [head] = await once(stream, 'response') as [Record<string, unknown>]
    stream.resume()
    return head[':status']
  }
  t.is(await statusOf({ ':path': '/', ':authority': host, host: 'evil.example.com' }), 421)
  t.is(await statusOf({ ':path': '/', ':authority': 'evil.example.com' }), 421)
  t.is(await statusOf({ ':method': 'CONNECT', ':authority': '10.0.0.1:80' }), 405)
  t.deepEqual(seen, [])
})

test('pages of ours hold nothing of the request, and nothing that a cache keeps', async t => {
  const { visit, host } = await start(t)
  const { body, headers } = await visit(host, '/?q=<script>alert(1)</script>', { headers: { accept: 'text/html', 'user-agent': '<b>' } })
  t.false(body.includes('<script>') || body.includes('<b>') || body.includes(host))
  t.like(headers, { 'cache-control': 'no-store', 'referrer-policy': 'no-referrer', 'x-content-type-options': 'nosniff' })
  t.regex(String(headers['content-security-policy']), /default-src 'none'/)
})

test('what the gateway logs holds neither token, path, query nor header', async t => {
  const { gateway } = await start(t)
  const { token, preview } = aPreview()
  gateway.links.put(mariasIntercept([preview]))
  const lines: unknown[] = []
  const log = { ...quietLog().log, info: (fields: unknown) => { lines.push(fields) } } as never
  const handler = createHandler({
    domain: DOMAIN,
    find: gateway.links.find,
    findDestination: async () => undefined,
    isBlind: () => false,
    isBehindIngress: false,
    nowMs: Date.now,
    count: () => {},
    log
  })
  const res = { getHeaderNames: () => [], removeHeader: () => {}, setHeader: () => {}, end: () => {} }
  const rawHeaders = ['Host', `${preview.name}.${DOMAIN}`, 'X-Secret', 'sesame']
  await handler.onRequest({ method: 'GET', url: `/.waylay/enter/${token}/orders?card=4711`, rawHeaders, headers: {}, socket: {} } as never, res as never, () => () => {})

  const text = JSON.stringify(lines)
  t.true(text.includes(preview.name))
  for (const secret of [token, 'orders', '4711', 'sesame']) t.false(text.includes(secret), secret)
})
