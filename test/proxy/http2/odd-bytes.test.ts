import test from 'ava'
import { CONTINUATION, GOAWAY, HEADERS, PING, RST_STREAM, SETTINGS, writeFrameHead } from '../../../http2/frame.ts'
import { PREFACE } from '../../../http2/preface.ts'
import { settings, SETTINGS_ACK } from '../../../http2/write-frames.ts'
import { sendBytes, serveHttp2 } from '../../helpers/http2-app.ts'
import { proxyHttp2 } from '../../helpers/http2-port.ts'
import { listenRaw } from '../../helpers/raw-app.ts'
import { callRaw, writeRequest } from '../../helpers/raw-http2.ts'

const ID = 'maria-12345678'
const MARIA = { 'x-waylay-id': ID }

test('an app that speaks first, and one that waits for the preface', async t => {
  const developer = await serveHttp2(t, sendBytes('d'))
  for (const first of [true, false]) {
    const hello = settings([[1, 8192], [4, 70_000]])
    const port = await listenRaw(t, socket => {
      if (first) socket.write(hello)
      socket.once('data', () => socket.write(first ? SETTINGS_ACK : Buffer.concat([hello, SETTINGS_ACK])))
    })
    const proxied = await proxyHttp2(t, port)
    proxied.intercept(ID, developer.port)
    const caller = await callRaw(t, proxied.port)
    caller.request(1, { ':path': '/3', ...MARIA })
    await caller.until(() => caller.streams.get(1)?.ended === true)
    // Nothing comes before the app's SETTINGS, which say that no table is kept.
    t.is(caller.frames[0]?.type, SETTINGS)
    t.is(caller.frames[0]?.payload.toString('hex'), '000100000000000400011170')
  }
})

test('frames that come one byte at a time', async t => {
  const app = await serveHttp2(t, sendBytes('a'))
  const developer = await serveHttp2(t, sendBytes('d'))
  const proxied = await proxyHttp2(t, app.port)
  proxied.intercept(ID, developer.port)
  const caller = await callRaw(t, proxied.port)
  const all = Buffer.concat([
    writeRequest(1, { ':path': '/7' }), writeRequest(3, { ':path': '/8', ...MARIA }), frame(PING, 0, 0, Buffer.alloc(8)),
    writeRequest(5, { ':path': '/9' })
  ])
  // Its own ACK must not come in between.
  await caller.until(() => caller.frames.length > 0)
  for (const byte of all) {
    caller.send(Buffer.of(byte))
    await new Promise(resolve => setImmediate(resolve))
  }
  await caller.until(() => [1, 3, 5].every(id => caller.streams.get(id)?.ended))
  t.deepEqual([1, 3, 5].map(id => caller.streams.get(id)?.bytes), [7, 8, 9])
})

test('a caller that resets a thousand streams at once costs only them', async t => {
  const app = await serveHttp2(t, sendBytes('a'))
  const developer = await serveHttp2(t, () => {})
  const proxied = await proxyHttp2(t, app.port)
  const { reports } = proxied.intercept(ID, developer.port)
  const caller = await callRaw(t, proxied.port)
  const cancel = Buffer.from([0, 0, 0, 8])
  for (let id = 1; id < 2000; id += 2) caller.send(writeRequest(id, MARIA), frame(RST_STREAM, 0, id, cancel))
  caller.request(2001, { ':path': '/5' })
  await caller.until(() => caller.streams.get(2001)?.ended === true)
  t.is(reports.length, 1000)
})

const odd: readonly (readonly [string, Buffer])[] = [
  ['a header block that is interrupted', Buffer.concat([
    frame(HEADERS, 0, 1, Buffer.from([0x82])), frame(PING, 0, 0, Buffer.alloc(8))
  ])],
  ['CONTINUATION of nothing', frame(CONTINUATION, 4, 1, Buffer.from([0x82]))],
  ['fields that cannot be read', frame(HEADERS, 5, 1, Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff, 0xff]))],
  ['SETTINGS of a wrong length', frame(SETTINGS, 0, 0, Buffer.alloc(5))]
]
for (const [title, bytes] of odd) {
  test(`${title}: the app sees exactly what was sent`, async t => {
    let seen = Buffer.alloc(0)
    const port = await listenRaw(t, socket => {
      socket.write(settings([]))
      socket.on('data', (piece: Buffer) => { seen = Buffer.concat([seen, piece]) })
    })
    const proxied = await proxyHttp2(t, port)
    proxied.intercept(ID, port)
    const caller = await callRaw(t, proxied.port)
    const all = Buffer.concat([bytes, Buffer.from('and whatever follows'), Buffer.alloc(100_000, 'x')])
    await caller.until(() => caller.frames.length > 0)
    caller.send(all)
    await until(() => seen.length >= PREFACE.length + 9 + 9 + all.length)
    t.deepEqual(seen.subarray(-all.length), all)
    t.is(proxied.opaque.length, 1)
  })

  test(`${title} while a developer answers: the connection ends with GOAWAY`, async t => {
    const app = await serveHttp2(t, sendBytes('a'))
    const developer = await serveHttp2(t, stream => stream.respond({ ':status': 200 }))
    const proxied = await proxyHttp2(t, app.port)
    proxied.intercept(ID, developer.port)
    const caller = await callRaw(t, proxied.port)
    caller.request(101, MARIA)
    await caller.until(() => caller.streams.get(101)?.fields.length === 1)
    caller.send(bytes)
    await caller.until(() => caller.over() !== undefined)
    t.true(caller.frames.some(({ type }) => type === GOAWAY))
    t.deepEqual(proxied.opaque, [])
  })
}

test('an app that speaks no HTTP/2 is passed as it is', async t => {
  const port = await listenRaw(t, socket => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'))
  const proxied = await proxyHttp2(t, port)
  const caller = await callRaw(t, proxied.port)
  let text = ''
  caller.socket.on('data', (bytes: Buffer) => { text += bytes.toString() })
  await caller.until(() => caller.over() === 'end')
  t.is(text, 'HTTP/1.1 400 Bad Request\r\n\r\n')
  t.deepEqual(proxied.opaque, ['not-http2'])
})

function frame (type: number, flags: number, streamId: number, payload: Buffer): Buffer {
  const bytes = Buffer.alloc(9 + payload.length)
  payload.copy(bytes, writeFrameHead(bytes, 0, payload.length, type, flags, streamId))
  return bytes
}

async function until (holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise(resolve => setTimeout(resolve, 5))
}
