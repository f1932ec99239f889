import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { connect, constants, type ClientHttp2Session, type ClientHttp2Stream } from 'node:http2'
import test, { type ExecutionContext } from 'ava'
import { DATA } from '../../../http2/frame.ts'
import { settings, SETTINGS_ACK, windowUpdate } from '../../../http2/write-frames.ts'
import { echo, sendBytes, serveHttp2 } from '../../helpers/http2-app.ts'
import { proxyHttp2 } from '../../helpers/http2-port.ts'
import { listenRaw } from '../../helpers/raw-app.ts'
import { callRaw } from '../../helpers/raw-http2.ts'

const ID = 'maria-12345678'
const MARIA = { 'x-waylay-id': ID }
const BIG = 2 ** 20

function call (t: ExecutionContext, port: number, initialWindowSize = 65_535): ClientHttp2Session {
  const session = connect(`http://127.0.0.1:${port}`, { settings: { initialWindowSize }, maxSessionMemory: 100 })
  session.on('error', () => {})
  t.teardown(() => session.destroy())
  return session
}

async function read (stream: ClientHttp2Stream): Promise<Buffer> {
  const pieces: Buffer[] = []
  stream.on('data', (piece: Buffer) => pieces.push(piece))
  await once(stream, 'end')
  return Buffer.concat(pieces)
}

// How a caller lets go on: when everything is used up, as most do; in small steps; ahead of use.
for (const [title, step] of [
  ['only when all is used up', 65_535], ['a little at a time', 1000], ['one byte more than a frame', 16_385]
] as const) {
  test(`app and developer share the caller's window and never send more than it: a caller that allows ${title}`, async t => {
    const app = await serveHttp2(t, sendBytes('a'))
    const developer = await serveHttp2(t, sendBytes('d'))
    const proxied = await proxyHttp2(t, app.port)
    proxied.intercept(ID, developer.port)
    let left = 65_535
    let worst = left
    let used = 0
    const caller = await callRaw(t, proxied.port, [[4, 2 ** 30]], ({ type, payload }) => {
      if (type !== DATA) return
      left -= payload.length
      used += payload.length
      worst = Math.min(worst, left)
      if (step === 65_535 ? left > 0 : used < step) return
      const grant = step === 65_535 ? step : used
      left += grant
      used = 0
      caller.send(windowUpdate(0, grant))
    })
    for (let index = 0; index < 4; index++) {
      caller.request(1 + index * 4, { ':path': `/${BIG}` })
      caller.request(3 + index * 4, { ':path': `/${BIG}`, ...MARIA })
    }
    const done = (): boolean => caller.streams.size === 8 && [...caller.streams.values()].every(stream => stream.ended)
    await caller.until(done)
    t.true(worst >= 0, `${-worst} bytes too many`)
    for (const [id, { bytes, fields }] of caller.streams) {
      t.is(bytes, BIG)
      t.is(fields[0]?.['x-name'], id % 4 === 3 ? 'd' : 'a')
    }
    t.deepEqual(proxied.opaque, [])
  })
}

test('a caller that allows nothing more gets exactly its window, and the rest when it does', async t => {
  const app = await serveHttp2(t, sendBytes('a'))
  const developer = await serveHttp2(t, sendBytes('d'))
  const proxied = await proxyHttp2(t, app.port)
  proxied.intercept(ID, developer.port)
  const caller = await callRaw(t, proxied.port, [[4, 2 ** 30]])
  const bytesOf = (id: number): number => caller.streams.get(id)?.bytes ?? 0
  caller.request(1, { ':path': '/50000', ...MARIA })
  await caller.until(() => bytesOf(1) === 50_000)
  // The app believes that it has all of the window.
  caller.request(3, { ':path': '/60000' })
  await caller.until(() => bytesOf(3) === 15_535)
  // Frames that need no window are not held up by it.
  caller.request(5, { ':path': '/0' })
  await caller.until(() => caller.streams.get(5)?.ended === true)
  t.is(bytesOf(3), 15_535)
  caller.send(windowUpdate(0, 10_000))
  await caller.until(() => bytesOf(3) === 25_535)
  caller.send(windowUpdate(0, 40_000))
  await caller.until(() => bytesOf(3) === 60_000 && caller.streams.get(3)?.ended === true)
})

test('the app hears less of the caller\'s window by what a developer sent into it', async t => {
  let seen = Buffer.alloc(0)
  const port = await listenRaw(t, socket => {
    socket.write(Buffer.concat([settings([]), SETTINGS_ACK]))
    socket.on('data', (bytes: Buffer) => { seen = Buffer.concat([seen, bytes]) })
  })
  const developer = await serveHttp2(t, sendBytes('d'))
  const proxied = await proxyHttp2(t, port)
  proxied.intercept(ID, developer.port)
  const caller = await callRaw(t, proxied.port)
  caller.request(1, { ':path': '/50000', ...MARIA })
  await caller.until(() => caller.streams.get(1)?.bytes === 50_000)
  caller.send(windowUpdate(0, 45_000), windowUpdate(0, 15_000), windowUpdate(0, 7000), windowUpdate(3, 1))
  const heard = Buffer.concat([windowUpdate(0, 10_000), windowUpdate(0, 7000)])
  while (!seen.includes(heard)) await new Promise(resolve => setTimeout(resolve, 5))
  t.deepEqual(seen.subarray(-heard.length), heard)
})

for (const bytes of [1, 7, 100]) {
  test(`windows of ${bytes} on all sides: everything arrives, in order, trailers last`, async t => {
    const options = { settings: { initialWindowSize: bytes } }
    const app = await serveHttp2(t, echo('app'), options)
    const developer = await serveHttp2(t, echo('dev'), options)
    const proxied = await proxyHttp2(t, app.port)
    proxied.intercept(ID, developer.port)
    const session = call(t, proxied.port, bytes)
    await Promise.all([0, 1, 2, 3].map(async index => {
      const body = randomBytes(bytes * 200)
      const stream = session.request({ ':method': 'POST', ...(index % 2 === 0 ? MARIA : {}) })
      let trailers: unknown
      stream.on('trailers', got => { trailers = got['x-trailer'] })
      stream.end(body)
      t.true((await read(stream)).equals(body))
      t.is(trailers, index % 2 === 0 ? 'dev' : 'app')
    }))
  })
}

test('windows that change while streams are open are followed', async t => {
  const app = await serveHttp2(t, echo('app'))
  const developer = await serveHttp2(t, echo('dev'), { settings: { initialWindowSize: 10 } })
  const proxied = await proxyHttp2(t, app.port)
  proxied.intercept(ID, developer.port)
  const session = call(t, proxied.port, 20_000)
  const stream = session.request({ ':method': 'POST', ...MARIA })
  const body = randomBytes(300_000)
  stream.end(body)
  const got = read(stream)
  for (const initialWindowSize of [100, 70_000, 0, 30_000]) {
    session.settings({ initialWindowSize })
    const sessions = [...app.sessions, ...developer.sessions]
    for (const each of sessions) each.settings({ initialWindowSize: initialWindowSize + 5 })
    await new Promise(resolve => setTimeout(resolve, 20))
  }
  t.true((await got).equals(body))
})

test('a developer who stops reading stops their stream, and no other', async t => {
  const app = await serveHttp2(t, echo('app'))
  const developer = await serveHttp2(t, (stream, headers) => {
    if (headers[':path'] === '/stop') stream.pause()
    else echo('dev')(stream)
  })
  const proxied = await proxyHttp2(t, app.port)
  proxied.intercept(ID, developer.port)
  const session = call(t, proxied.port)
  const stopped = session.request({ ':method': 'POST', ':path': '/stop', ...MARIA })
  stopped.on('error', () => {})
  stopped.write(Buffer.alloc(10 * BIG))
  for (const fields of [{}, MARIA, {}, MARIA]) {
    const stream = session.request({ ':method': 'POST', ...fields })
    const body = randomBytes(2 * BIG)
    stream.end(body)
    t.true((await read(stream)).equals(body))
  }
  // What it was let send is bounded, and most of it waits at the caller.
  t.true(stopped.writableLength > 0)
  stopped.close(constants.NGHTTP2_CANCEL)
})

test('what is kept for a developer who stops reading is bounded, also where the app allows far more', async t => {
  const app = await serveHttp2(t, echo('app'), { settings: { initialWindowSize: 64 * BIG } })
  const developer = await serveHttp2(t, stream => stream.pause())
  const proxied = await proxyHttp2(t, app.port)
  proxied.intercept(ID, developer.port)
  const session = call(t, proxied.port)
  await new Promise(resolve => session.ping(resolve))
  const stopped = session.request({ ':method': 'POST', ...MARIA })
  stopped.on('error', () => {})
  stopped.end(Buffer.alloc(32 * BIG))
  const [headers] = await once(stopped, 'response') as [Record<string, string>]
  t.is(headers['x-waylay-error'], 'WAYLAY_DEVELOPER_GONE')
  const stream = session.request({ ':method': 'POST' })
  const body = randomBytes(BIG)
  stream.end(body)
  t.true((await read(stream)).equals(body))
})

test('a caller that does not read one diverted stream reads the others', async t => {
  const app = await serveHttp2(t, sendBytes('a'))
  const developer = await serveHttp2(t, sendBytes('d'))
  const proxied = await proxyHttp2(t, app.port)
  proxied.intercept(ID, developer.port)
  const session = call(t, proxied.port, 20_000)
  const stopped = session.request({ ':path': `/${10 * BIG}`, ...MARIA })
  stopped.on('error', () => {})
  await once(stopped, 'response')
  for (const [fields, letter] of [[{}, 'a'], [MARIA, 'd'], [{}, 'a']] as const) {
    const body = await read(session.request({ ':path': `/${BIG}`, ...fields }))
    t.true(body.equals(Buffer.alloc(BIG, letter)))
  }
  // And then that one, as far as it goes.
  t.is((await read(stopped)).length, 10 * BIG)
})
