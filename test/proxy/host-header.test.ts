import test, { type ExecutionContext } from 'ava'
import { readHostHeader } from '../../intercepts/host-header.ts'
import { listen, proxyPort, type ProxiedPort } from '../helpers/proxied-port.ts'
import { answerWithName, MARIA, request, sentOn } from '../helpers/raw-server.ts'

type Pod = ProxiedPort & { readonly app: readonly string[], readonly maria: readonly string[] }

async function start (t: ExecutionContext, forwardedFor = false): Promise<Pod> {
  const [app, maria]: [string[], string[]] = [[], []]
  const pod = await proxyPort(t, await listen(t, answerWithName('app', app)), { forwardedFor })
  const hostHeader = 'localhost:5173'
  pod.intercept('maria-12345678', await listen(t, answerWithName('maria', maria)), { hostHeader })
  return { ...pod, app, maria }
}

const rewritten = (text: string): string => sentOn(text.replace('Host: shop', 'Host: localhost:5173'))

test('a diverted request has the developer\'s Host, its neighbours have their own', async t => {
  const pod = await start(t)
  const caller = await pod.call()

  caller.send(request('/1') + request('/2', MARIA) + request('/3', `${MARIA}X-Last: 1\r\n`) + request('/4'))

  await caller.received('app /4')
  t.deepEqual(pod.app, [request('/1'), request('/4')])
  t.deepEqual(pod.maria, [rewritten(request('/2', MARIA)), rewritten(request('/3', `${MARIA}X-Last: 1\r\n`))])
})

test('Host is replaced where X-Forwarded-For grows before or behind it', async t => {
  const pod = await start(t, true)
  const caller = await pod.call()
  const before = `GET /1 HTTP/1.1\r\nX-Forwarded-For: 192.0.2.7\r\nhost:shop \r\n${MARIA}\r\n`

  caller.send(before + request('/2', MARIA + 'X-Forwarded-For: 192.0.2.7\r\n') + request('/3', MARIA))

  await caller.received('maria /3')
  const forwarded = 'X-Forwarded-For: 192.0.2.7, 127.0.0.1\r\n'
  t.deepEqual(pod.maria, [
    sentOn(`GET /1 HTTP/1.1\r\n${forwarded}host:localhost:5173 \r\n${MARIA}\r\n`),
    rewritten(request('/2', MARIA + forwarded)),
    rewritten(request('/3', MARIA + 'X-Forwarded-For: 127.0.0.1\r\n'))
  ])
})

test('a diverted request of HTTP/1.0 without a Host gets exactly one', async t => {
  const pod = await start(t)
  const caller = await pod.call()

  caller.send(`GET /1 HTTP/1.0\r\n${MARIA}\r\n`)

  await caller.end()
  t.deepEqual(pod.maria, [sentOn(`GET /1 HTTP/1.0\r\n${MARIA}Host: localhost:5173\r\n\r\n`)])
})

test('a Host that could begin another line is refused', t => {
  for (const text of ['localhost', 'localhost:5173', '127.0.0.1:80', '[::1]:3000', 'a_b.example.org.', 'Shop.Example']) {
    t.is(readHostHeader(text), text)
  }
  for (const text of ['', 'a\r\nX-Admin: 1', 'a b', 'http://a', 'a/b', 'a:port', 'a:123456', '[::1', '::1', 'caf\u00e9', 'a'.repeat(300)]) {
    t.throws(() => readHostHeader(text), { code: 'WAYLAY_HEADER_MALFORMED' }, text)
  }
})
