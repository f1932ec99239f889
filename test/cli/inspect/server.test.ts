import { get } from 'node:http'
import { connect } from 'node:net'
import { gzipSync } from 'node:zlib'
import test from 'ava'
import { until } from '../helpers/until.ts'
import { ORIGIN } from './records.ts'
import { serve } from './served.ts'

const START = { method: 'GET', target: '/?token=hush', headers: [['authorization', 'Bearer hush']] as const }

test('the token is swapped for a cookie that scripts and other sites do not get', async t => {
  const { base, entered, server } = await serve(t)

  t.regex(server.url, /^http:\/\/127\.0\.0\.1:\d+\/waylay-[0-9a-f]{16}\/\?token=[0-9a-f]{32}$/)
  t.is(entered.status, 303)
  t.is(entered.headers['location'], base)
  t.true(String(entered.headers['set-cookie']).includes(`; Path=${base};`))
  t.regex(String(entered.headers['set-cookie']), /^waylay-inspector-\d+=[0-9a-f]{32}; Path=(\/waylay-[0-9a-f]{16}\/); HttpOnly; SameSite=Lax$/)
  t.false(String(entered.headers['set-cookie']).includes(new URL(server.url).searchParams.get('token') ?? ''))
})

test('without the cookie nothing is told, not even that a page is there', async t => {
  const { base, ask, log, cookie } = await serve(t)
  log.begin(ORIGIN, START)

  for (const path of ['/', base, `${base}app.js`, `${base}api/exchanges`, `${base}api/exchanges/1`, `${base}api/har`, `${base}none`]) {
    const answers = await Promise.all([
      ask(path), ask(`${path}?token=${'0'.repeat(32)}`), ask(path, { headers: { cookie: `${cookie.slice(0, -1)}x` } })
    ])
    t.deepEqual(answers.map(({ status }) => status), [401, 401, 401], path)
    t.false(answers.some(({ body }) => body.includes('hush')))
  }
})

test('a name of somebody else that leads here is refused, with cookie and token too', async t => {
  const { base, ask, cookie, server, host } = await serve(t)
  const token = new URL(server.url).search
  const port = host.split(':')[1] ?? ''

  for (const name of ['evil.example', `evil.example:${port}`, '127.0.0.1', `127.0.0.1:${Number(port) + 1}`, `127.0.0.2:${port}`]) {
    const answer = await ask(`${base}${token}`, { headers: { host: name, cookie } })
    t.is(answer.status, 421, name)
    t.is(answer.headers['set-cookie'], undefined)
  }
  t.is((await ask(base, { headers: { host: `localhost:${port}`, cookie } })).status, 200)
})

test('a page of another origin can neither replay nor clear nor read', async t => {
  const { base, ask, cookie, log, origin } = await serve(t)
  log.begin(ORIGIN, START)
  const post = async (headers: Record<string, string>) =>
    (await ask(`${base}api/clear`, { method: 'POST', headers: { cookie, ...headers }, body: '{}' })).status

  t.is(await post({}), 403)
  t.is(await post({ origin: 'http://127.0.0.1:3000' }), 403)
  t.is(await post({ origin: 'null' }), 403)
  t.is(await post({ origin, 'sec-fetch-site': 'same-site' }), 403)
  t.is((await ask(`${base}api/exchanges`, { headers: { cookie, 'sec-fetch-site': 'same-site' } })).status, 403)
  t.is(log.exchanges.length, 1)

  t.is(await post({ origin }), 200)
  t.is(log.exchanges.length, 0)
})

test('every answer forbids what a page could load, keep or frame', async t => {
  const { base, ask, cookie } = await serve(t)
  for (const path of [base, `${base}app.js`, `${base}api/exchanges`, `${base}none`]) {
    const { headers } = await ask(path, { headers: { cookie } })
    t.regex(String(headers['content-security-policy']), /^default-src 'self';.* frame-ancestors 'none'$/)
    t.is(headers['x-content-type-options'], 'nosniff')
    t.is(headers['cache-control'], 'no-store')
    t.is(headers['access-control-allow-origin'], undefined)
  }
})

test('secrets leave the server only when they are asked for', async t => {
  const { base, ask, cookie, log } = await serve(t)
  const exchange = log.begin(ORIGIN, { ...START, headers: [...START.headers, ['content-type', 'application/json']] })
  exchange.requestBody.push(Buffer.from('{"token": "hush"}'))
  const paths = [`${base}api/exchanges`, `${base}api/exchanges/1`, `${base}api/exchanges/1/curl`, `${base}api/har`]

  for (const path of paths) t.notRegex((await ask(path, { headers: { cookie } })).body, /hush/, path)
  for (const path of paths.slice(1)) t.regex((await ask(`${path}?secrets=show`, { headers: { cookie } })).body, /hush/, path)
})

test('a body that was edited as it unfolded may be as long as that, in lines', async t => {
  const { base, log, ask, cookie, origin } = await serve(t)
  log.begin(ORIGIN, START)
  const body = JSON.stringify({ body: { text: '  "a": 1,\n'.repeat(200_000) } })
  const { status } = await ask(`${base}api/exchanges/1/replay`, { method: 'POST', headers: { cookie, origin }, body })
  t.is(status, 202)
})

test('an exchange that is gone is said to be gone', async t => {
  const { base, ask, cookie } = await serve(t)
  const { status, body } = await ask(`${base}api/exchanges/7`, { headers: { cookie } })
  t.is(status, 404)
  t.is((JSON.parse(body) as { code: string }).code, 'WAYLAY_NOT_KEPT')
})

test('an open page is told what happens, and when it is over', async t => {
  const { base, log, cookie, server, origin } = await serve(t)
  let told = ''
  let isOver = false
  get(`${origin}${base}api/events`, { headers: { cookie } }, response => {
    response.setEncoding('utf8').on('data', (piece: string) => { told += piece }).on('end', () => { isOver = true })
  })
  await until(() => told.includes('retry'))

  const exchange = log.begin(ORIGIN, START)
  await until(() => told.includes('"state":"open"'))
  exchange.end()
  await until(() => told.includes('"state":"done"'))
  log.clear()
  await until(() => told.includes('"dropped":[1]'))
  t.notRegex(told, /hush/)
  await server.close()

  await until(() => isOver)
  t.true(told.endsWith('event: ended\ndata: {}\n\n'))
})

test('a line of the list stays short, whatever a caller sends', async t => {
  const { base, ask, cookie, log } = await serve(t)
  const exchange = log.begin(ORIGIN, { ...START, method: 'M'.repeat(5000), target: `/${'a'.repeat(60_000)}` })
  exchange.respond(200, '', [['content-type', 'x'.repeat(60_000)]])

  t.true((await ask(`${base}api/exchanges`, { headers: { cookie } })).body.length < 3000)
  const detail = JSON.parse((await ask(`${base}api/exchanges/1`, { headers: { cookie } })).body) as { readonly target: string }
  t.is(detail.target.length, 60_001)
})

test('a page that reads nothing is let go of, and piles nothing up', async t => {
  const { base, log, live, cookie, host } = await serve(t)
  const { port } = new URL(`http://${host}`)
  const page = connect(Number(port), '127.0.0.1')
  let isClosed = false
  page.on('error', () => {}).on('close', () => { isClosed = true })
  page.write(`GET ${base}api/events HTTP/1.1\r\nHost: ${host}\r\nCookie: ${cookie}\r\n\r\n`)
  page.once('data', () => { page.pause() })
  await until(() => live.pages === 1)

  for (let id = 0; id < 500; id++) log.begin(ORIGIN, { ...START, target: `/${'a'.repeat(900)}` })
  const beat = setInterval(() => { for (const exchange of log.exchanges) exchange.touched() }, 20)
  t.teardown(() => { clearInterval(beat) })
  t.teardown(() => { page.destroy() })
  // Nothing is read until the server has given it up: it listens to nothing then.
  await until(() => live.pages === 0)
  page.resume()
  await until(() => isClosed)
  t.pass()
})

test('an archive of bodies that unfold is written piece by piece', async t => {
  const { base, ask, cookie, log } = await serve(t)
  const packed = gzipSync(Buffer.alloc(1024 * 1024, 'a'))
  for (let count = 0; count < 20; count++) {
    const exchange = log.begin(ORIGIN, START)
    exchange.respond(200, '', [['content-encoding', 'gzip'], ['content-type', 'text/html']])
    exchange.responseBody.push(packed)
  }

  const { body, headers } = await ask(`${base}api/har`, { headers: { cookie } })

  t.is(headers['transfer-encoding'], 'chunked')
  t.is((JSON.parse(body) as { log: { entries: unknown[] } }).log.entries.length, 20)
})
