import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { finished, pipeline } from 'node:stream/promises'
import { Readable } from 'node:stream'
import test from 'ava'
import { FLAG, FRAME_TYPE } from '../../tunnel/frame.ts'
import type { YamuxStream } from '../../tunnel/stream.ts'
import { createFrameTap } from './helpers/frame-tap.ts'
import { createRandom } from './helpers/random.ts'
import { echo, openSessionPair, readAll, settle } from './helpers/session-pair.ts'

const KiB = 1024
const WINDOW_BYTES = 256 * KiB

test('three hundred streams at once echo what each was sent', async t => {
  const { cli, proxy } = openSessionPair(t, { proxy: { onStream: echo } })
  const results = await Promise.all(Array.from({ length: 300 }, async (_, index) => {
    const payload = createRandom(index).bytes(index * 100)
    const stream = cli.session.openStream()
    stream.end(payload)
    return (await readAll(stream)).equals(payload)
  }))
  t.true(results.every(Boolean))
  await settle()
  t.deepEqual([cli.session.streamCount, proxy.session.streamCount], [0, 0])
})

test('both sides open streams, the CLI odd and the proxy even ones', async t => {
  const { cli, proxy } = openSessionPair(t, { cli: { onStream: echo }, proxy: { onStream: echo } })
  await proxy.ready
  const streams = [cli, proxy, cli, proxy].map(end => end.session.openStream())
  t.deepEqual(streams.map(stream => stream.id), [1, 2, 3, 4])
  for (const stream of streams) stream.end(`I am ${stream.id}`)
  const answers = await Promise.all(streams.map(async stream => (await readAll(stream)).toString()))
  t.deepEqual(answers, ['I am 1', 'I am 2', 'I am 3', 'I am 4'])
})

const halfCloses = test.macro(async (t, first: 'opener' | 'acceptor') => {
  const { cli, proxy } = openSessionPair(t)
  const opener = cli.session.openStream()
  opener.write('hello')
  await settle()
  const acceptor = proxy.streams[0] as YamuxStream
  const [ends, goesOn] = first === 'opener' ? [opener, acceptor] : [acceptor, opener]

  ends.end('last words')
  await settle()
  t.regex((await readAll(goesOn.resume() && goesOn)).toString(), /last words$/)
  goesOn.write('I still ')
  await settle()
  goesOn.end('talk')
  t.regex((await readAll(ends)).toString(), /I still talk$/)
  await settle()
  t.deepEqual([cli.session.streamCount, proxy.session.streamCount], [0, 0])
})

test('the opener ends first and still hears the other side', halfCloses, 'opener')
test('the acceptor ends first and still hears the other side', halfCloses, 'acceptor')

test('resetting one stream leaves every other stream alone', async t => {
  const { cli, proxy } = openSessionPair(t, { proxy: { onStream: echo } })
  const victim = cli.session.openStream()
  const neighbours = Array.from({ length: 10 }, () => cli.session.openStream())
  victim.write('x')
  for (const stream of neighbours) stream.write('before ')
  await once(victim, 'data')
  victim.destroy(new Error('given up'))
  for (const stream of neighbours) stream.end('after')

  const answers = await Promise.all(neighbours.map(async stream => (await readAll(stream)).toString()))
  t.true(answers.every(answer => answer === 'before after'))
  t.like(proxy.streams[0]?.errored, { code: 'ECONNRESET' })
  t.deepEqual(cli.closings, [])
})

test('a slow reader costs its window and stalls nobody else', async t => {
  let arrivedBytes = 0
  const { cli, proxy } = openSessionPair(t, {
    tap: createFrameTap((end, { type, streamId, length }) => {
      if (end === 'proxy' && type === FRAME_TYPE.data && streamId === 1) arrivedBytes += length
    }),
    proxy: { onStream: stream => { if (stream.id !== 1) echo(stream) } }
  })
  const stuck = cli.session.openStream()
  let acceptedBytes = 0
  const block = Buffer.alloc(10 * KiB)
  const fill = (): void => { stuck.write(block, () => { acceptedBytes += block.length; fill() }) }
  fill()
  const other = cli.session.openStream()
  const payload = createRandom(1).bytes(1024 * KiB)
  other.end(payload)

  t.true((await readAll(other)).equals(payload))
  await settle()
  const reader = proxy.streams[0] as YamuxStream
  t.is(arrivedBytes, WINDOW_BYTES)
  t.true(acceptedBytes <= WINDOW_BYTES)
  t.true(stuck.writableLength <= block.length)

  reader.on('data', () => {})
  await settle()
  t.true(arrivedBytes > 4 * WINDOW_BYTES, 'goes on when read')
  stuck.destroy()
})

test('a stream nobody reads refuses more than its high water mark', async t => {
  const { cli } = openSessionPair(t)
  const stream = cli.session.openStream()
  t.true(stream.write(Buffer.alloc(1000)))
  t.false(stream.write(Buffer.alloc(64 * KiB)))
  await once(stream, 'drain')
  stream.destroy()
})

test('64 MiB each way on one session arrive intact', async t => {
  t.timeout(60_000)
  const { cli, proxy } = openSessionPair(t, { proxy: { onStream: stream => { streams.push(transfer(stream, 2)) } } })
  const streams: Array<Promise<readonly [string, string]>> = []
  await proxy.ready
  const ours = await transfer(cli.session.openStream(), 1)
  const theirs = await streams[0]
  t.is(ours[0], theirs?.[1] ?? 'nothing')
  t.is(ours[1], theirs?.[0] ?? 'nothing')
})

/** Sends 64 MiB of its own and reads the other side's; the hashes of both. */
async function transfer (stream: YamuxStream, seed: number): Promise<readonly [string, string]> {
  const random = createRandom(seed)
  const noise = random.bytes(1024 * KiB)
  const sent = createHash('sha256')
  const received = createHash('sha256')
  stream.on('data', (chunk: Buffer) => { received.update(chunk) })
  const source = function * () {
    for (let round = 0; round < 64; round++) {
      const from = random.integer(noise.length)
      const block = Buffer.concat([noise.subarray(from), noise.subarray(0, from)])
      sent.update(block)
      yield block
    }
  }
  await Promise.all([pipeline(Readable.from(source()), stream, { end: true }), finished(stream)])
  return [sent.digest('hex'), received.digest('hex')]
}

const keepsWindow = test.macro(async (t, readAs: 'data' | 'readable' | 'iterator' | 'pauses') => {
  const check = createWindowCheck()
  let readBytes = 0
  const { cli } = openSessionPair(t, {
    tap: check.tap,
    proxy: { onStream: stream => { void read(stream).then(count => { readBytes = count; stream.end() }) } }
  })
  const random = createRandom(9)
  const read = async (stream: YamuxStream): Promise<number> => {
    let count = 0
    if (readAs === 'iterator') for await (const chunk of stream) count += (chunk as Buffer).length
    else if (readAs === 'readable') {
      stream.on('readable', () => {
        for (let chunk = stream.read(); chunk !== null; chunk = stream.read()) count += (chunk).length
      })
      await once(stream, 'end')
    } else {
      stream.on('data', (chunk: Buffer) => {
        count += chunk.length
        if (readAs === 'data' || random.integer(5) > 0) return
        stream.pause()
        setImmediate(() => stream.resume())
      })
      await once(stream, 'end')
    }
    return count
  }
  const stream = cli.session.openStream()
  const bytes = 5_000_000
  for (let left = bytes; left > 0;) {
    const length = Math.min(left, 1 + random.integer(30_000))
    left -= length
    if (!stream.write(Buffer.alloc(length))) await once(stream, 'drain')
  }
  stream.end()
  await finished(stream.resume())

  t.is(readBytes, bytes)
  t.is(check.sent(), bytes)
  t.deepEqual(check.overruns, [])
})

test('the window is never overrun by a flowing reader', keepsWindow, 'data')
test('the window is never overrun by a reader of readable', keepsWindow, 'readable')
test('the window is never overrun by an iterator', keepsWindow, 'iterator')
test('the window is never overrun by a reader that pauses', keepsWindow, 'pauses')

test('a head and a request written at once are one frame, the end another', async t => {
  const frames: number[][] = []
  const { cli, proxy } = openSessionPair(t, {
    tap: createFrameTap((end, frame) => {
      if (end === 'proxy') frames.push([frame.type, frame.flags, frame.length])
    }),
    proxy: { onStream: stream => { stream.resume() } }
  })
  await proxy.ready
  const stream = cli.session.openStream()
  stream.write('head')
  stream.end('body')
  await settle()
  t.deepEqual(frames, [[FRAME_TYPE.data, FLAG.SYN, 8], [FRAME_TYPE.windowUpdate, FLAG.FIN, 0]])
})

test('an error nobody listens for does not end the process', async t => {
  const { cli, proxy } = openSessionPair(t)
  const stream = cli.session.openStream()
  stream.write('x')
  await settle()
  proxy.streams[0]?.destroy()
  await settle()
  t.true(stream.destroyed)
  t.like(stream.errored, { code: 'ECONNRESET' })
})

/** Keeps the books of stream 1 from outside: what was granted to the CLI against what it sent. */
function createWindowCheck () {
  const overruns: number[] = []
  let granted = WINDOW_BYTES
  let sent = 0
  return {
    overruns,
    sent: () => sent,
    tap: createFrameTap((end, { type, streamId, length }) => {
      if (streamId !== 1) return
      if (end === 'cli' && type === FRAME_TYPE.windowUpdate) granted += length
      if (end === 'proxy' && type === FRAME_TYPE.data) sent += length
      if (sent > granted) overruns.push(sent - granted)
    })
  }
}
