import { setTimeout as delay } from 'node:timers/promises'
import test, { type ExecutionContext } from 'ava'
import { listen, proxyPort } from '../helpers/proxied-port.ts'
import { answerWithName, MARIA, request } from '../helpers/raw-server.ts'
import { MARIA_VALUE, recordPort, sendInPieces, type RecordingPort } from '../helpers/recording-port.ts'

const MEMBER = `waylay-id=${MARIA_VALUE}`
const LINE = `baggage: ${MEMBER}\r\n`

async function start (t: ExecutionContext, { intercepted = false, forwardedFor = false } = {}): Promise<RecordingPort> {
  return await recordPort(t, { intercepted, forwardedFor })
}

/** Lines of a request, and what they have become; undefined: the same. */
const HEADS: Readonly<Record<string, readonly [before: string, after: string | undefined]>> = {
  'no baggage': [MARIA, `${MARIA}${LINE}`],
  'foreign baggage': [`${MARIA}Baggage: tenant=a;p=1 \r\nA: b\r\n`, `${MARIA}Baggage: tenant=a;p=1,${MEMBER} \r\nA: b\r\n`],
  'baggage before the header': [`baggage: a=b\r\n${MARIA}`, `baggage: a=b,${MEMBER}\r\n${MARIA}`],
  'several baggage lines': [
    `baggage: a=b\r\n${MARIA}bagGAGE:c=d\r\nX: y\r\n`, `baggage: a=b\r\n${MARIA}bagGAGE:c=d,${MEMBER}\r\nX: y\r\n`
  ],
  'an empty baggage line': [`${MARIA}baggage:\t\r\n`, `${MARIA}baggage:\t${MEMBER}\r\n`],
  'the member': [`${MARIA}baggage: a=b, ${MEMBER};p\r\n`, undefined],
  'a member of another value': [`baggage: waylay-id=jon\r\n${MARIA}`, undefined],
  'several values': [`${MARIA}x-waylay-id: jon\r\n`, `${MARIA}x-waylay-id: jon\r\nbaggage: waylay-id=jon\r\n`],
  'a value with a comma': ['x-waylay-id: a, b\r\n', 'x-waylay-id: a, b\r\nbaggage: waylay-id=a%2C%20b\r\n'],
  'a value of UTF-8': ['x-waylay-id: caf\xc3\xa9\r\n', 'x-waylay-id: caf\xc3\xa9\r\nbaggage: waylay-id=caf%C3%A9\r\n'],
  'a value that is no UTF-8': ['x-waylay-id: caf\xe9\r\n', undefined],
  'an empty value': ['x-waylay-id:\r\n', undefined],
  'a header for this hop alone': [`${MARIA}Connection: keep-alive, X-Waylay-Id\r\n`, undefined],
  'baggage for this hop alone': [`${MARIA}baggage: a=b\r\nConnection: baggage\r\n`, undefined],
  'baggage alone': ['baggage: tenant=a\r\n', undefined],
  'names that only look alike': [`x-waylay-idx: ${MARIA_VALUE}\r\nbaggages: a=b\r\n`, undefined],
  'no room left': [`${MARIA}baggage: a=${'x'.repeat(8000)}\r\nX: ${'y'.repeat(80)}\r\n`, undefined],
  'more than 8 KiB': [`${MARIA}X: ${'y'.repeat(9000)}\r\n`, undefined]
}
for (const [name, [before, after]] of Object.entries(HEADS)) {
  for (const intercepted of [false, true]) {
    // Byte by byte, but for heads that would take long.
    for (const size of before.length > 5000 ? [700, 100_000] : [1, 7, 100_000]) {
      const where = `${intercepted ? 'beside' : 'without'} an intercept, in pieces of ${size}`
      test(`a request with ${name} is passed or diverted as it is to be, ${where}`, async t => {
        const pod = await start(t, { intercepted })
        const caller = await pod.call()
        const body = 'Content-Length: 5\r\n'

        await sendInPieces(caller, request('/1', body + before).replace('GET', 'PUT') + 'hello' + request('/2'), size)

        await caller.received('/2')
        const changed = request('/1', body + (after ?? before)).replace('GET', 'PUT') + 'hello'
        t.deepEqual([...pod.maria, ...pod.app].toSorted(), [request('/2'), changed].toSorted())
      })
    }
  }
}

test('the member, the caller\'s address and the developer\'s Host go into one head', async t => {
  const seen: string[] = []
  const pod = await start(t, { forwardedFor: true })
  pod.intercept(MARIA_VALUE, await listen(t, answerWithName('maria', seen)), { hostHeader: 'localhost:5173' })
  const caller = await pod.call()

  caller.send(`GET /1 HTTP/1.1\r\nbaggage: a=b\r\n${MARIA}X-Forwarded-For: 192.0.2.7\r\nHost: shop\r\n\r\n`)
  caller.send(`GET /2 HTTP/1.0\r\n${MARIA}\r\n`)

  await caller.received('maria /2')
  t.deepEqual(seen, [
    `GET /1 HTTP/1.1\r\nbaggage: a=b,${MEMBER}\r\n${MARIA}X-Forwarded-For: 192.0.2.7, 127.0.0.1\r\nHost: localhost:5173\r\n\r\n`,
    `GET /2 HTTP/1.0\r\n${MARIA}X-Forwarded-For: 127.0.0.1\r\nHost: localhost:5173\r\n${LINE}\r\n`
  ])
})

test('a pipeline gets the member where it belongs', async t => {
  const pod = await start(t)
  const caller = await pod.call()

  caller.send(request('/1') + request('/2', MARIA) + request('/3', `${MARIA}baggage: a=b\r\n`) + request('/4'))

  await caller.received('app /4')
  t.deepEqual(pod.app, [
    request('/1'), request('/2', MARIA + LINE), request('/3', `${MARIA}baggage: a=b,${MEMBER}\r\n`), request('/4')
  ])
})

test('a port on demand adds nothing and holds nothing', async t => {
  let seen = ''
  const app = await listen(t, socket => socket.on('data', (piece: Buffer) => { seen += piece.toString() }))
  const pod = await proxyPort(t, app, {}, 'on-demand')
  const caller = await pod.call()

  caller.send(`GET / HTTP/1.1\r\nHost: shop\r\n${MARIA}baggage: a=`)

  await until(() => seen.endsWith('a='))
  caller.send('b\r\n\r\n')
  await until(() => seen.endsWith('\r\n\r\n'))
  t.is(seen, `GET / HTTP/1.1\r\nHost: shop\r\n${MARIA}baggage: a=b\r\n\r\n`)
})

test('an unfinished head waits from its first such line on, and passes when no more comes', async t => {
  let seen = ''
  const app = await listen(t, socket => {
    socket.setEncoding('latin1').on('data', (piece: string) => { seen += piece })
    socket.on('end', () => socket.end('bye'))
  })
  const pod = await proxyPort(t, app)
  const caller = await pod.call()

  caller.send('GET / HTTP/1.1\r\nHost: shop\r\nA: b\r\nbaggage: a=b\r\nC: d')
  await until(() => seen.endsWith('A: b\r\n'))
  await delay(50)
  t.is(seen, 'GET / HTTP/1.1\r\nHost: shop\r\nA: b\r\n')
  caller.socket.end()

  await caller.received('bye')
  t.is(seen, 'GET / HTTP/1.1\r\nHost: shop\r\nA: b\r\nbaggage: a=b\r\nC: d')
})

test('what is held of a head passes past 8 KiB, and is never more', async t => {
  let seen = ''
  const app = await listen(t, socket => socket.setEncoding('latin1').on('data', (piece: string) => { seen += piece }))
  const caller = await (await proxyPort(t, app)).call()
  const sent = `GET / HTTP/1.1\r\nHost: shop\r\n${MARIA}A: ${'a'.repeat(8300)}`

  for (let at = 0; at < sent.length; at += 100) {
    caller.send(sent.slice(at, at + 100))
    await new Promise(resolve => setImmediate(resolve))
  }

  await until(() => seen.length === sent.length)
  t.is(seen, sent)
})

test('an app that closes while a head is held gets no second half of it elsewhere', async t => {
  const seen: string[] = []
  const app = await listen(t, socket => {
    const at = seen.push('') - 1
    socket.setEncoding('latin1').on('data', (piece: string) => {
      seen[at] += piece
      if (seen[at]?.endsWith('Host: shop\r\n')) socket.end()
    })
  })
  const caller = await (await proxyPort(t, app)).call()

  caller.send(`GET / HTTP/1.1\r\nHost: shop\r\n${MARIA}`)
  await caller.end()
  caller.send('\r\n')
  caller.socket.end()
  await delay(100)

  t.is(seen.length, 1)
})

const OPAQUE: Readonly<Record<string, string>> = {
  'a head that two servers may read differently': `GET / HTTP/1.1\r\nHost: shop\r\n${MARIA}X : y\r\n\r\n`,
  'two lengths': `POST / HTTP/1.1\r\nHost: shop\r\n${MARIA}Content-Length: 1\r\nContent-Length: 2\r\n\r\nab`,
  'a header behind a line of LF alone': `GET / HTTP/1.1\r\nHost: shop\nX-Waylay-Id: ${MARIA_VALUE}\r\n\r\n`,
  'a folded header': 'GET / HTTP/1.1\r\nHost: shop\r\nX-Waylay-Id:\r\n maria-12345678\r\n\r\n',
  'a header with NUL': 'GET / HTTP/1.1\r\nHost: shop\r\nX-Waylay-Id: a\0b\r\n\r\n',
  'a protocol that is not HTTP': `HELO shop\r\n${MARIA}\r\n`,
  'half of a head': `GET / HTTP/1.1\r\nHost: shop\r\n${MARIA}`
}
for (const [name, bytes] of Object.entries(OPAQUE)) {
  for (const size of [1, 1000]) {
    test(`${name} reaches the app as it was sent, in pieces of ${size}`, async t => {
      let seen = ''
      const app = await listen(t, socket => {
        socket.setEncoding('latin1').on('data', (piece: string) => { seen += piece })
        socket.on('end', () => socket.end('bye'))
      })
      const caller = await (await proxyPort(t, app)).call()

      await sendInPieces(caller, bytes, size)
      caller.socket.end()

      await caller.received('bye')
      t.is(seen, bytes)
    })
  }
}

async function until (holds: () => boolean): Promise<void> {
  while (!holds()) await delay(2)
}
