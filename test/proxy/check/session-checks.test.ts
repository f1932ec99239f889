import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import test, { type ExecutionContext } from 'ava'
import { SessionChecks, type SessionChecksDeps } from '../../../proxy/check/session-checks.ts'
import type { Match } from '../../../intercepts/match.ts'
import type { Checked } from '../../../tunnel/control-messages.ts'
import { serveHttp2 } from '../../helpers/http2-app.ts'
import { proxyHttp2 } from '../../helpers/http2-port.ts'
import { listen, proxyPort } from '../../helpers/proxied-port.ts'
import { answerWithName, respond } from '../../helpers/raw-server.ts'

const INTERCEPT = 'i-maria-12345678'
const MATCH: Match = { headers: [{ type: 'Exact', name: 'x-waylay-id', value: 'maria-12345678' }] }

type Session = {
  readonly checks: SessionChecks
  /** Asks for one check and waits for its result. */
  readonly ask: (via?: { readonly host: string, readonly port: number }, tls?: boolean) => Promise<Checked>
}

function openChecks (t: ExecutionContext, deps: Partial<SessionChecksDeps> = {}): Session {
  const waiting = new Map<string, (checked: Checked) => void>()
  const checks = new SessionChecks({
    matchOf: intercept => intercept === INTERCEPT ? MATCH : undefined,
    send: checked => waiting.get(checked.nonce)?.(checked),
    whyForbidden: () => undefined,
    ...deps
  })
  t.teardown(() => { checks.close() })
  let count = 0
  const ask: Session['ask'] = async (via, tls = false) => await new Promise(resolve => {
    const nonce = `${INTERCEPT}.${count++}`
    waiting.set(nonce, resolve)
    checks.add({ type: 'check', intercept: INTERCEPT, nonce, tls, ...(via !== undefined && { via }) })
  })
  return { checks, ask }
}

const local = (port: number) => ({ host: '127.0.0.1', port })

test('a proxy on the way answers a check with the name of its pod', async t => {
  const pod = await proxyPort(t, await listen(t, answerWithName('app')))
  pod.intercept('maria-12345678', await listen(t, answerWithName('maria')))
  const { ask } = openChecks(t)

  const checked = await ask(local(pod.port))

  t.like(checked, { type: 'checked', intercept: INTERCEPT, nonce: `${INTERCEPT}.0`, pod: 'payments-1', reason: undefined })
  t.true(checked.durationMs >= 0)
})

test('an app that speaks HTTP/2 first is behind a proxy that answers', async t => {
  const app = await serveHttp2(t, stream => stream.respond({ ':status': 204 }, { endStream: true }))
  const proxied = await proxyHttp2(t, app.port)
  proxied.intercept('maria-12345678', app.port)
  const { ask } = openChecks(t)

  t.like(await ask(local(proxied.port)), { pod: 'payments-1' })
  t.deepEqual(proxied.opaque, [])
})

test('what answers instead of a proxy is told', async t => {
  const { ask } = openChecks(t)
  const app = await listen(t, socket => socket.on('data', () => socket.write(
    'HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 404 Not Found\r\nServer: ngi\u001bnx\r\nContent-Length: 0\r\n\r\n')))
  const http2 = await serveHttp2(t, stream => stream.close())
  const smtp = await listen(t, socket => socket.end('220 hello\r\n'))
  const mute = await listen(t, socket => socket.end())
  const pretender = await listen(t, socket => socket.on('data', () => socket.write(
    'HTTP/1.1 204 No Content\r\nx-waylay-nonce: another\r\nx-waylay-pod: mine\r\n\r\n')))
  const developer = await listen(t, socket => socket.on('data', () => socket.write(
    respond('', 'x-waylay-diverted-to: abc\r\n'))))

  t.is((await ask(local(app))).reason, 'something else answered with status 404 (ngi?nx)')
  t.is((await ask(local(http2.port))).reason, 'an app that speaks only HTTP/2 answered instead')
  t.is((await ask(local(smtp))).reason, 'something that is not HTTP/1 answered instead')
  t.is((await ask(local(mute))).reason, 'the connection was closed without an answer')
  t.is((await ask(local(pretender))).reason, 'something else answered with status 204')
  t.is((await ask(local(developer))).reason, 'a developer\'s program answered with status 200')
  t.is((await ask(local(app), true)).reason, 'TLS with HTTP/1.1 could not be agreed on')
})

test('an address where nobody answers is told as such', async t => {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  const [{ ask }, hasty] = [openChecks(t), openChecks(t, { timeoutMs: 200 })]
  const silent = await listen(t, () => {})
  const babbling = await listen(t, socket => socket.write(Buffer.alloc(1024 * 1024, 'x')))

  t.is((await ask(local(port))).reason, 'the connection was refused')
  t.is((await hasty.ask(local(silent))).reason, 'no answer within 200 ms')
  t.is((await ask(local(babbling))).reason, 'something that is not HTTP/1 answered instead')
})

test('checks of a session run one after the other, and a flood ends it', async t => {
  let [open, most] = [0, 0]
  const port = await listen(t, socket => {
    socket.on('data', () => {
      most = Math.max(most, ++open)
      setTimeout(() => {
        open--
        socket.end(respond(''))
      }, 20)
    })
  })
  const { ask } = openChecks(t)

  const asked = Array.from({ length: 17 }, async () => await ask(local(port)))
  const flood = ask(local(port))

  await t.throwsAsync(flood, { code: 'WAYLAY_TUNNEL_PROTOCOL' })
  t.is((await Promise.all(asked)).length, 17)
  t.is(most, 1)
})

test('addresses that nobody may call on a developer\'s word are not called', async t => {
  const { ask } = openChecks(t, { whyForbidden: undefined as unknown as () => undefined })
  for (const host of ['127.0.0.1', '169.254.169.254', '::1', '::ffff:127.0.0.1', 'fe80::1', 'localhost', 'payments.shop']) {
    t.regex((await ask({ host, port: 80 })).reason ?? '', /^not checked: .*(is loopback|is link-local|is not an IP address)$/, host)
  }
})

test('a check of nobody\'s intercept, or with another\'s nonce, is not sent', async t => {
  const { checks } = openChecks(t)
  const results: Checked[] = []
  const own = new SessionChecks({
    matchOf: name => name === INTERCEPT ? MATCH : undefined, send: checked => results.push(checked)
  })
  t.teardown(() => { own.close() })
  own.add({ type: 'check', intercept: 'i-bob', nonce: 'i-bob.1', tls: false, via: local(1) })
  own.add({ type: 'check', intercept: INTERCEPT, nonce: 'i-bob.1', tls: false, via: local(1) })
  own.add({ type: 'check', intercept: INTERCEPT, nonce: `${INTERCEPT}.1\r\nx: y`, tls: false, via: local(1) })
  own.add({ type: 'check', intercept: INTERCEPT, nonce: `${INTERCEPT}.1`, tls: false })
  await new Promise(resolve => setImmediate(resolve))
  checks.close()

  t.deepEqual(results.map(({ reason }) => reason), [
    'not checked: this session holds no such intercept here',
    'not checked: the nonce is none of this intercept',
    'not checked: the nonce is none of this intercept',
    'not checked: a pod cannot call itself as its callers do'
  ])
})

test('the end of a session ends its check, and nobody is told', async t => {
  const called = Promise.withResolvers<void>()
  const closed = Promise.withResolvers<void>()
  const port = await listen(t, socket => {
    called.resolve()
    socket.on('end', () => closed.resolve()).resume()
  })
  const told: Checked[] = []
  const { checks } = openChecks(t, { send: checked => told.push(checked) })
  checks.add({ type: 'check', intercept: INTERCEPT, nonce: `${INTERCEPT}.1`, tls: false, via: local(port) })
  await called.promise

  checks.close()

  await closed.promise
  t.deepEqual(told, [])
})
