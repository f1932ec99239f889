import { once } from 'node:events'
import {
  connect, createServer, type ClientHttp2Stream, type ServerHttp2Session, type ServerHttp2Stream
} from 'node:http2'
import type { Socket } from 'node:net'
import { setTimeout } from 'node:timers/promises'
import test, { type ExecutionContext } from 'ava'
import { until } from '../helpers/until.ts'
import { listen, startTestPreview } from './fake-app.ts'

const WHOLE = Buffer.alloc(300_000, 'x')
const PIECE = Buffer.alloc(30_000, 'x')

/** A preview whose app does nothing by itself: the test plays it on `app`, the stream of the one call. */
async function startCase (t: ExecutionContext, method: 'GET' | 'POST') {
  const sockets: Socket[] = []
  const server = createServer().on('connection', (socket: Socket) => { sockets.push(socket) })
  const port = await listen(t, server)
  const preview = await startTestPreview(t, { appPort: () => port })
  const session = connect(preview.url).on('error', () => {})
  t.teardown(() => { session.destroy() })
  const arrived = once(server, 'stream') as Promise<[ServerHttp2Stream]>
  const caller = session.request({ ':path': '/', ':method': method }, { endStream: method === 'GET' })
  caller.on('error', () => {})
  const [app] = await arrived
  app.on('error', () => {})
  app.session?.on('error', () => {})
  const [socket] = sockets
  if (socket === undefined) throw new Error('no connection')
  return { preview, caller, answer: watch(caller), app, socket }
}

/** How an answer came. To be made before it does; nothing is read until `read`. */
function watch (stream: ClientHttp2Stream) {
  const got = { bytes: 0, trailers: undefined as unknown }
  stream.on('trailers', trailers => { got.trailers = trailers['x-sum'] })
  const closed = new Promise(resolve => stream.once('close', resolve))
  const read = async () => {
    stream.on('data', (bytes: Buffer) => { got.bytes += bytes.length })
    await closed
    return { ...got, isWhole: stream.readableEnded && stream.rstCode === 0 }
  }
  return { response: once(stream, 'response'), read }
}

/** Sends more than the app reads, so that some of it waits in the preview. */
async function upload (caller: ClientHttp2Stream) {
  caller.write(WHOLE)
  await until(() => caller.session?.state.remoteWindowSize === 0)
  await setTimeout(300)
}

const answers = {
  'a 103': (app: ServerHttp2Stream) => { app.additionalHeaders({ ':status': 103, link: '</a>' }) },
  'its answer': (app: ServerHttp2Stream) => {
    app.respond({ ':status': 200 })
    app.end('ok')
  }
}

for (const [what, answer] of Object.entries(answers)) {
  test(`an upload that its caller ends early is given up at the app, also while that sends ${what}`, async t => {
    const { preview, caller, app } = await startCase(t, 'POST')
    await upload(caller)
    const closed = once(app, 'close')
    // Without a reason: RST_STREAM(NO_ERROR).
    caller.close()
    answer(app)
    app.resume()
    await closed
    await until(() => preview.turns.length === 1)
    t.like(preview.turns, [{ method: 'POST' }])
  })
}

test('an upload that its caller ends early is given up while the app does nothing', async t => {
  const { preview, caller, app } = await startCase(t, 'POST')
  await upload(caller)
  caller.close()
  app.resume()
  await until(() => preview.turns.length === 1)
  await until(() => app.destroyed)
  t.is(app.rstCode, 8)
})

test('an upload whose caller is gone once it has the answer is given up at the app and told of', async t => {
  const { preview, caller, answer, app } = await startCase(t, 'POST')
  // It has begun to read, so that Node does not throw the rest away behind its answer.
  app.once('data', () => { app.pause() })
  await upload(caller)
  app.respond({ ':status': 413 })
  app.end('too large')
  await answer.response
  caller.resume()
  await once(caller, 'end')
  caller.close()
  await until(() => preview.turns.length === 1)
  app.resume()
  await until(() => app.destroyed)
  t.is(app.rstCode, 8)
  t.like(preview.turns, [{ status: 413, failure: undefined }])
})

test('an upload that the app wants no more of, for it has answered, is let finish', async t => {
  const { preview, caller, app } = await startCase(t, 'POST')
  await upload(caller)
  app.respond({ ':status': 413 })
  app.end('too large')
  await once(app, 'finish')
  app.close()
  caller.resume().end()
  await until(() => preview.turns.length === 1)
  t.like(preview.turns, [{ status: 413 }])
})

const breaks = {
  end: ({ socket }: { socket: Socket }) => { socket.end() },
  'a destroyed socket': ({ socket }: { socket: Socket }) => { socket.destroy() },
  'a destroyed session': ({ app }: { app: ServerHttp2Stream }) => { (app.session as ServerHttp2Session).destroy() }
}

for (const [what, breakOff] of Object.entries(breaks)) {
  test(`an answer that breaks off by ${what} of the app's connection does not seem whole`, async t => {
    const { preview, answer, app, socket } = await startCase(t, 'GET')
    app.respond({ ':status': 200 })
    app.write(PIECE)
    await answer.response
    const reading = answer.read()
    await setTimeout(50)
    breakOff({ app, socket })
    t.like(await reading, { isWhole: false })
    await until(() => preview.turns.length === 1)
    t.like(preview.turns, [{ status: 200, failure: 'WAYLAY_PREVIEW_BAD_RESPONSE' }])
  })
}

for (const size of [0, PIECE.length, WHOLE.length]) {
  test(`an answer of ${size} bytes is whole for a slow reader, though the app's connection ends behind it`, async t => {
    const { answer, app, socket } = await startCase(t, 'GET')
    app.respond({ ':status': 200 }, { waitForTrailers: true })
    app.on('wantTrailers', () => { app.sendTrailers({ 'x-sum': '7' }) })
    app.on('close', () => { socket.end() })
    app.end(WHOLE.subarray(0, size))
    await answer.response
    await setTimeout(200)
    t.deepEqual(await answer.read(), { bytes: size, isWhole: true, trailers: '7' })
  })
}
