import { setTimeout as delay } from 'node:timers/promises'
import test, { type ExecutionContext } from 'ava'
import { listen, proxyPort } from '../helpers/proxied-port.ts'
import { MARIA, request, sentOn } from '../helpers/raw-server.ts'
import { recordPort, sendInPieces, type RecordingPort } from '../helpers/recording-port.ts'

/** Where the tests call from: the listener hears IPv4 as `::ffff:127.0.0.1`. */
const APPENDED = 'X-Forwarded-For: 127.0.0.1\r\n'
const FROM_INGRESS = 'X-Forwarded-For: 192.0.2.7\r\n'
const FROM_BOTH = 'X-Forwarded-For: 192.0.2.7, 127.0.0.1\r\n'

const slowly = async (): Promise<void> => { await delay(1) }

async function start (t: ExecutionContext, { forwardedFor = true, intercepted = true } = {}): Promise<RecordingPort> {
  return await recordPort(t, { intercepted, forwardedFor })
}

for (const intercepted of [false, true]) {
  for (const size of [1, 13, 1000]) {
    test(`the app is told who calls, in pieces of ${size}, ${intercepted ? 'beside' : 'without'} an intercept`, async t => {
      const pod = await start(t, { intercepted })
      const caller = await pod.call()

      await sendInPieces(caller, request('/1') + request('/2', FROM_INGRESS), size, slowly)

      await caller.received('app /2')
      t.deepEqual(pod.app, [request('/1', APPENDED), request('/2', FROM_BOTH)])
    })
  }
}

test('a developer\'s program is told who calls, and so is the app around it', async t => {
  const pod = await start(t)
  const caller = await pod.call()

  // The second waits for the first's answer, the third for the second's.
  caller.send(request('/1', FROM_INGRESS) + request('/2', MARIA + FROM_INGRESS) + request('/3'))

  await caller.received('app /3')
  t.deepEqual(pod.app, [request('/1', FROM_BOTH), request('/3', APPENDED)])
  t.deepEqual(pod.maria, [sentOn(request('/2', MARIA + FROM_BOTH))])
})

test('bodies are passed as they are', async t => {
  const pod = await start(t)
  const caller = await pod.call()
  const body = 'X-Forwarded-For: 1\r\n\r\n'
  const post = (path: string, fields: string): string =>
    request(path, `Content-Length: ${body.length}\r\n${fields}`).replace('GET', 'POST') + body

  caller.send(post('/1', '') + post('/2', MARIA))

  await caller.received('maria /2')
  t.deepEqual(pod.app, [post('/1', APPENDED)])
  t.deepEqual(pod.maria, [sentOn(post('/2', MARIA + APPENDED))])
})

test('nothing is added where the pod does not ask for it', async t => {
  const pod = await start(t, { forwardedFor: false })
  const caller = await pod.call()

  caller.send(request('/1', FROM_INGRESS) + request('/2', MARIA) + request('/3'))

  await caller.received('app /3')
  t.deepEqual(pod.app, [request('/1', FROM_INGRESS), request('/3')])
  t.deepEqual(pod.maria, [sentOn(request('/2', MARIA))])
})

const OPAQUE: Readonly<Record<string, string>> = {
  'a head that two servers may read differently': 'GET / HTTP/1.1\r\nHost: shop\r\nX-Forwarded-For : a\r\n\r\n',
  'a protocol that is not HTTP': 'HELO shop\r\nX-Forwarded-For: a\r\n\r\n',
  'HTTP/2 with prior knowledge': 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0',
  'TLS that is passed untouched': '\x16\x03\x01\0\x05\x01\0\0\x01\0'
}
for (const [name, bytes] of Object.entries(OPAQUE)) {
  for (const size of [1, 1000]) {
    test(`${name} reaches the app as it was sent, in pieces of ${size}`, async t => {
      let seen = ''
      const app = await listen(t, socket => {
        socket.setEncoding('latin1').on('data', (piece: string) => { seen += piece })
        socket.on('end', () => socket.end('bye'))
      })
      const pod = await proxyPort(t, app, { forwardedFor: true })
      const caller = await pod.call()

      await sendInPieces(caller, bytes, size, slowly)
      caller.socket.end()

      await caller.received('bye')
      t.is(seen, bytes)
    })
  }
}

test('half a head is passed when its caller sends no more', async t => {
  let seen = ''
  const app = await listen(t, socket => {
    socket.on('data', (piece: Buffer) => { seen += piece.toString() })
    socket.on('end', () => socket.end('bye'))
  })
  const caller = await (await proxyPort(t, app, { forwardedFor: true })).call()

  caller.send('GET / HTTP/1.1\r\nHost: sh')
  caller.socket.end()

  await caller.received('bye')
  t.is(seen, 'GET / HTTP/1.1\r\nHost: sh')
})
