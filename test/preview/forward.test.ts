import { once } from 'node:events'
import { createServer, request as plainRequest, type IncomingMessage, type RequestListener } from 'node:http'
import { connect as connectHttp2 } from 'node:http2'
import { request } from 'node:https'
import { text } from 'node:stream/consumers'
import test from 'ava'
import { DOMAIN, MARIAS_ID, aService, startGateway } from './cases.ts'

type Seen = {
  readonly method: string
  readonly url: string
  readonly headers: Record<string, string>
  readonly body: string
}

const echo: RequestListener = (req, res) => {
  void text(req).then(body => {
    res.end(JSON.stringify({ method: req.method, url: req.url, headers: req.headers, body }))
  })
}

test('what a visitor says of the routing header counts for nothing', async t => {
  const { show, host } = await startGateway(t, echo)
  const headers = {
    'x-waylay-id': 'jon-87654321',
    'X-Waylay-Nonce': 'c0ffee.1',
    baggage: 'tenant=a, waylay-id = jon-87654321;p=1 ,user=b',
    'x-forwarded-for': '10.0.0.1',
    forwarded: 'for=10.0.0.1',
    'x-real-ip': '10.0.0.1'
  }
  const shown = JSON.parse((await show('/', { headers })).body) as Seen
  t.is(shown.headers['x-waylay-id'], MARIAS_ID)
  t.is(shown.headers['x-waylay-nonce'], undefined)
  t.is(shown.headers['baggage'], `tenant=a,user=b,waylay-id=${MARIAS_ID}`)
  t.is(shown.headers['x-forwarded-for'], '127.0.0.1')
  t.is(shown.headers['x-forwarded-proto'], 'https')
  t.is(shown.headers['x-forwarded-host'], host)
  t.deepEqual([shown.headers['forwarded'], shown.headers['x-real-ip']], [undefined, undefined])
})

test('what an ingress in front of the app would say of a visitor counts for nothing', async t => {
  const { show } = await startGateway(t, echo)
  const names = [
    'x-forwarded-user', 'x-forwarded-email', 'X-Forwarded-Client-Cert', 'x-auth-request-email', 'x-remote-user', 'remote-user',
    'x-original-url', 'x-rewrite-url', 'true-client-ip', 'x-client-ip', 'cf-connecting-ip', 'x-ssl-client-verify',
    'x-envoy-external-address', 'x_forwarded_user', 'X_Waylay_Id', 'remote-groups', 'remote-email', 'x-authentik-username',
    'x-consumer-username', 'x-credential-identifier', 'x-webauth-role', 'x-vouch-user', 'tailscale-user-login',
    'x-goog-iap-jwt-assertion', 'x-amzn-mtls-clientcert', 'x-arr-clientcert', 'x-client-verify', 'x-ms-token-aad-id-token'
  ]
  const { headers } = JSON.parse((await show('/', {
    headers: { 'x-request-id': '7', 'x-user': '8', 'x-client-version': '9', ...Object.fromEntries(names.map(name => [name, 'admin'])) }
  })).body) as Seen
  t.like(headers, { 'x-request-id': '7', 'x-user': '8', 'x-client-version': '9' }, 'what apps say to themselves')
  t.deepEqual(Object.entries(headers).filter(([, value]) => value === 'admin'), [])
})

test('a Connection line takes neither the routing header nor the cookie away', async t => {
  const { show, cookie } = await startGateway(t, echo)
  const shown = JSON.parse((await show('/', {
    headers: { connection: 'x-waylay-id, cookie, x-secret, close', 'x-secret': '1', cookie: `theme=dark; ${cookie}; lang=de` }
  })).body) as Seen
  t.is(shown.headers['x-waylay-id'], MARIAS_ID)
  t.is(shown.headers['cookie'], 'theme=dark; lang=de')
  t.is(shown.headers['x-secret'], undefined)
})

test('bodies of every method reach the app, a GET\'s too', async t => {
  const { show, host } = await startGateway(t, echo)
  for (const method of ['GET', 'POST', 'DELETE', 'PATCH', 'OPTIONS']) {
    for (const headers of [{ 'content-length': '5' }, { 'transfer-encoding': 'chunked' }]) {
      const { status, body } = await show('/x?y=1', { method, headers: { ...headers, origin: `https://${host}` }, body: 'hello' })
      t.is(status, 200)
      t.like(JSON.parse(body), { method, url: '/x?y=1', body: 'hello' }, `${method} ${Object.keys(headers)[0]}`)
    }
  }
})

test('the app reads its own name as Host and Origin, and redirects lead back to the preview', async t => {
  const { show, host, preview } = await startGateway(t, (req, res) => {
    res.writeHead(302, {
      location: `http://${req.headers.host}/next`,
      'set-cookie': ['sid=1; Domain=storefront.shop; Path=/', '__Host-waylay-preview=stolen; Path=/; Secure', '__HOST-Waylay-Preview=stolen'],
      'x-host': String(req.headers.host),
      'x-origin': String(req.headers.origin)
    }).end()
  })
  const { status, headers } = await show('/', { method: 'POST', headers: { origin: `https://${host}` } })
  t.is(status, 302)
  t.is(headers['x-host'], `storefront.shop:${preview.port}`)
  t.is(headers['x-origin'], `http://storefront.shop:${preview.port}`)
  t.is(headers.location, `https://${host}/next`)
  t.deepEqual(headers['set-cookie'], ['sid=1; Path=/'])
})

test('what changes something comes from a page of this preview alone', async t => {
  const { show, host } = await startGateway(t, echo)
  const own = `https://${host}`
  const sibling = `https://p-${'0'.repeat(20)}.${DOMAIN}`
  const cases: readonly (readonly [Record<string, string>, number])[] = [
    [{ origin: own }, 200], [{}, 200], [{ origin: sibling }, 403], [{ origin: 'null' }, 403],
    [{ origin: 'null', 'sec-fetch-site': 'same-origin' }, 200], [{ 'sec-fetch-site': 'same-site' }, 403],
    [{ origin: `${own}, ${own}` }, 403], [{ origin: own.replace('https', 'http') }, 403], [{ origin: `${own}.evil.example.com` }, 403]
  ]
  for (const [headers, status] of cases) {
    t.is((await show('/', { method: 'POST', headers })).status, status, JSON.stringify(headers))
    if (headers['sec-fetch-site'] !== 'same-site') t.is((await show('/', { headers })).status, 200, 'reading is for CORS to judge')
  }
})

test('a page of another preview leads here, and neither frames what is here nor runs it', async t => {
  const { show } = await startGateway(t, echo)
  const cases = [
    ['navigate', 'document', 200], ['navigate', 'iframe', 403], ['no-cors', 'script', 403], ['no-cors', 'image', 403],
    ['cors', 'empty', 403], ['no-cors', 'document', 403]
  ] as const
  for (const [mode, dest, status] of cases) {
    const headers = { 'sec-fetch-mode': mode, 'sec-fetch-dest': dest }
    for (const site of ['same-site', 'cross-site']) {
      t.is((await show('/', { headers: { ...headers, 'sec-fetch-site': site } })).status, status, `${site} ${mode} ${dest}`)
    }
    t.is((await show('/', { headers: { ...headers, 'sec-fetch-site': 'same-origin' } })).status, 200, `${mode} ${dest}`)
  }
})

test('no service worker is registered: it would read the link, and outlive it', async t => {
  const { show } = await startGateway(t, echo)
  const { status, headers } = await show('/sw.js', { headers: { 'service-worker': 'script', 'sec-fetch-site': 'same-origin', 'sec-fetch-dest': 'serviceworker' } })
  t.deepEqual([status, headers['x-waylay-error']], [403, 'WAYLAY_PREVIEW_CROSS_ORIGIN'])
  t.is((await show('/sw.js')).status, 200)
})

test('no cache in front of the gateway keeps an answer of an app', async t => {
  const { show } = await startGateway(t, (req, res) => {
    const asked = new URL(req.url ?? '', 'http://app').searchParams.get('as')
    if (asked !== null) res.setHeader('cache-control', asked.split('|'))
    res.writeHead(200, { expires: 'Thu, 01 Jan 2099 00:00:00 GMT', 'cdn-cache-control': 'max-age=60', 'surrogate-control': 'max-age=60', 'x-accel-expires': '60' }).end('app')
  })
  const cases = [
    [undefined, 'private'], ['public, max-age=600', 'private, max-age=600'], ['max-age=60,s-maxage=600', 'private, max-age=60'],
    ['no-store', 'private, no-store'], ['private', 'private'], ['Public|max-age=5, proxy-revalidate, IMMUTABLE', 'private, max-age=5, IMMUTABLE'],
    ['private="set-cookie, x", max-age=1', 'private, max-age=1']
  ] as const
  for (const [sent, expected] of cases) {
    const { headers } = await show(sent === undefined ? '/' : `/?as=${encodeURIComponent(sent)}`)
    t.is(headers['cache-control'], expected)
    t.deepEqual(['cdn-cache-control', 'surrogate-control', 'x-accel-expires'].filter(name => name in headers), [])
    t.truthy(headers['expires'], 'the visitor\'s own browser may keep it')
  }
})

test('trailers travel in both directions', async t => {
  const app = createServer((req, res) => {
    void text(req).then(() => {
      res.writeHead(200, { trailer: 'x-sum', 'x-te': String(req.headers['te']), 'x-asked': String(req.trailers['x-sent']) })
      res.write('body')
      res.addTrailers({ 'x-sum': '42' })
      res.end()
    })
  })
  const { host, port, cookie } = await startGateway(t, app)
  const req = request({
    host: '127.0.0.1',
    port,
    servername: host,
    rejectUnauthorized: false,
    agent: false,
    method: 'PUT',
    headers: { host, cookie, te: 'trailers', trailer: 'x-sent', 'transfer-encoding': 'chunked' }
  })
  req.write('hello')
  req.addTrailers({ 'x-sent': '7' })
  req.end()
  const [res] = await once(req, 'response') as [IncomingMessage]
  t.is(await text(res), 'body')
  t.like(res.headers, { 'x-te': 'trailers', 'x-asked': '7' })
  t.deepEqual({ ...res.trailers }, { 'x-sum': '42' })
})

test('a browser with HTTP/2 gets the same', async t => {
  const { host, port, cookie } = await startGateway(t, echo)
  const session = connectHttp2(`https://127.0.0.1:${port}`, { servername: host, rejectUnauthorized: false })
  t.teardown(() => session.close())
  // Browsers send each cookie in a line of its own.
  const stream = session.request({
    ':method': 'POST', ':path': '/orders', ':authority': host, ':scheme': 'https', cookie: ['theme=dark', cookie], 'x-waylay-id': 'jon-87654321'
  })
  stream.end('hello')
  const [head] = await once(stream, 'response') as [Record<string, unknown>]
  const seen = JSON.parse(await text(stream)) as Seen
  t.is(head[':status'], 200)
  t.like(seen, { method: 'POST', url: '/orders', body: 'hello' })
  t.is(seen.headers['x-waylay-id'], MARIAS_ID)
  t.is(seen.headers['cookie'], 'theme=dark')
  t.is(seen.headers['host']?.startsWith('storefront.shop:'), true)
})

test('an app that accepts no connection is said to be unreachable, and one that breaks off is cut', async t => {
  const gone = await startGateway(t, echo, { service: () => aService(1) })
  t.is((await gone.show('/')).status, 502, 'the Service has no such port')

  const { show } = await startGateway(t, (req, res) => {
    if (req.url === '/before') return req.socket.destroy()
    res.writeHead(200, { 'content-length': '100' })
    res.write('half')
    setImmediate(() => req.socket.destroy())
  })
  t.is((await show('/before')).headers['x-waylay-error'], 'WAYLAY_PREVIEW_UNREACHABLE')
  await t.throwsAsync(show('/within'), { message: /aborted|hang up|closed/ })
})

test('a Service that its owner leads elsewhere is not shown', async t => {
  const services = {
    'an ExternalName': (port: number) => aService(port, { type: 'ExternalName', clusterIP: '' }),
    'one with endpoints of its own': (port: number) => aService(port, { selector: {} }),
    'one without a cluster IP': (port: number) => aService(port, { clusterIP: 'None' }),
    'a UDP port': (port: number) => aService(port, { ports: [{ port, protocol: 'UDP' }] }),
    'none at all': () => undefined
  }
  for (const [what, service] of Object.entries(services)) {
    const { show } = await startGateway(t, echo, { service })
    const { status, headers } = await show('/')
    t.deepEqual([status, headers['x-waylay-error']], [502, 'WAYLAY_PREVIEW_UNREACHABLE'], what)
  }
})

test('behind an ingress its word about the visitor\'s address is added to', async t => {
  const { port, host, cookie } = await startGateway(t, echo, { isPlain: true })
  const req = plainRequest({ host: '127.0.0.1', port, headers: { host, cookie, 'x-forwarded-for': '192.0.2.7', 'x-forwarded-proto': 'http' } })
  req.end()
  const [res] = await once(req, 'response') as [IncomingMessage]
  const { headers } = JSON.parse(await text(res)) as Seen
  t.is(headers['x-forwarded-for'], '192.0.2.7, 127.0.0.1')
  t.is(headers['x-forwarded-proto'], 'https')
})
