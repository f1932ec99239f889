import test, { type ExecutionContext } from 'ava'
import type { Match } from '../../../intercepts/match.ts'
import { listen, proxyPort, type ProxiedPort } from '../../helpers/proxied-port.ts'
import { answerWithName, MARIA, request, sentOn } from '../../helpers/raw-server.ts'

const NONCE = 'i-maria-12345678.abc123'
const ANSWER = [
  'HTTP/1.1 204 No Content', `x-waylay-nonce: ${NONCE}`, 'x-waylay-pod: payments-1', 'Cache-Control: no-store',
  'Connection: close', '\r\n'
].join('\r\n')

type Pod = ProxiedPort & { readonly app: readonly string[], readonly maria: readonly string[] }

async function start (t: ExecutionContext, match?: Partial<Match>): Promise<Pod> {
  const [app, maria]: [string[], string[]] = [[], []]
  const pod = await proxyPort(t, await listen(t, answerWithName('app', app)))
  const { route } = pod.intercept('maria-12345678', await listen(t, answerWithName('maria', maria)))
  if (match !== undefined) pod.routes.add({ ...route, match: { ...route.match, ...match } })
  return { ...pod, app, maria }
}

const head = (path: string, fields: string): string => request(path, fields).replace('GET', 'HEAD')

test('a check is answered by the proxy and seen by nobody else', async t => {
  const pod = await start(t)
  const caller = await pod.call()

  caller.send(head('/', `${MARIA}X-Waylay-Nonce: ${NONCE}\r\n`))

  t.deepEqual(await caller.end(), { text: ANSWER, reset: false })
  t.deepEqual([pod.app, pod.maria], [[], []])
})

test('a check behind other requests waits for their answers', async t => {
  const pod = await start(t)
  const caller = await pod.call()

  caller.send(request('/1') + request('/2', MARIA) + request('/3') + head('/', `${MARIA}x-waylay-nonce: ${NONCE}\r\n`))

  const { text } = await caller.end()
  t.true(text.endsWith(ANSWER))
  t.deepEqual([pod.app.length, pod.maria.length], [2, 1])
})

test('a check in pieces is answered like one in one piece', async t => {
  const pod = await start(t)
  const caller = await pod.call()
  for (const char of head('/', `${MARIA}x-waylay-nonce: ${NONCE}\r\n`)) caller.send(char)

  t.is((await caller.end()).text, ANSWER)
})

test('an intercept of other methods is checked with HEAD all the same', async t => {
  const pod = await start(t, { methods: ['POST'], path: { type: 'PathPrefix', value: '/api' } })
  const caller = await pod.call()

  caller.send(head('/api/x', `${MARIA}x-waylay-nonce: ${NONCE}\r\n`))

  t.is((await caller.end()).text, ANSWER)
})

for (const [name, sent, to] of [
  ['no condition fulfilled', head('/1', `x-waylay-nonce: ${NONCE}\r\n`), 'app'],
  ['a path that does not fit', head('/other', `${MARIA}x-waylay-nonce: ${NONCE}\r\n`), 'app'],
  ['an intercept that is not held here', head('/api', `${MARIA}x-waylay-nonce: i-bob.abc\r\n`), 'maria'],
  ['another method', request('/api', `${MARIA}x-waylay-nonce: ${NONCE}\r\n`), 'maria'],
  ['a nonce that is none', head('/api', `${MARIA}x-waylay-nonce: i-maria-12345678.a b"<\r\n`), 'maria'],
  ['a nonce without end', head('/api', `${MARIA}x-waylay-nonce: ${NONCE}${'x'.repeat(300)}\r\n`), 'maria'],
  ['a nonce that Connection takes back', head('/api', `${MARIA}x-waylay-nonce: ${NONCE}\r\nConnection: x-waylay-nonce\r\n`), 'maria']
] as const) {
  test(`a request that is nearly a check goes its usual way: ${name}`, async t => {
    const pod = await start(t, { path: { type: 'PathPrefix', value: '/api' } })
    const caller = await pod.call()

    caller.send(sent)

    await caller.received(to)
    const seen = [sentOn(sent)]
    t.deepEqual({ app: pod.app, maria: pod.maria }, { app: to === 'app' ? seen : [], maria: to === 'maria' ? seen : [] })
  })
}

test('a check with a body ends its connection and reaches nobody', async t => {
  const pod = await start(t)
  const caller = await pod.call()

  caller.send(head('/', `${MARIA}x-waylay-nonce: ${NONCE}\r\nContent-Length: 9\r\n`) + 'GET / HTT')

  t.is((await caller.end()).text, ANSWER)
  t.deepEqual([pod.app, pod.maria], [[], []])
})

test('without an intercept a check is a request like any other', async t => {
  const pod = await proxyPort(t, await listen(t, answerWithName('app')))
  const caller = await pod.call()

  caller.send(head('/', `${MARIA}x-waylay-nonce: ${NONCE}\r\n`))

  t.regex(await caller.received('app /'), /^HTTP\/1.1 200/)
})
