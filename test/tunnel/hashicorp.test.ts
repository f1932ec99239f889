import { createHash } from 'node:crypto'
import { once } from 'node:events'
import test from 'ava'
import { GO_AWAY } from '../../tunnel/errors.ts'
import { buildGoPeer, startGoPeer } from './helpers/go-peer.ts'
import { muxSocket } from './helpers/muxer-socket.ts'
import { createRandom } from './helpers/random.ts'
import { echo, readAll } from './helpers/session-pair.ts'

const MiB = 1024 * 1024
let program = ''

test.before(async t => {
  // The first build downloads one module and compiles it.
  t.timeout(300_000)
  program = await buildGoPeer()
})

const STREAMS = 1000
/** Four directions together: 1 GiB echoed. */
const BYTES = 256 * MiB
const BYTES_EACH = Math.floor(BYTES / STREAMS)
const NOISE = createRandom(1).bytes(2 * MiB)

const weCall = test.macro(async (t, role: 'client' | 'server') => {
  t.timeout(120_000)
  const peer = await startGoPeer(t, program, { role: role === 'client' ? 'server' : 'client', task: 'serve' })
  const mux = muxSocket(peer.socket, { role })

  const answers = await Promise.all(Array.from({ length: STREAMS }, async (_, index) => {
    const from = index * 1009
    const payload = NOISE.subarray(from, from + BYTES_EACH)
    const stream = mux.openStream()
    stream.write('e')
    stream.end(payload)
    let at = 0
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      if (chunk.compare(payload, at, at + chunk.length) !== 0) return false
      at += chunk.length
    }
    return at === BYTES_EACH
  }))
  mux.muxer.goAway(GO_AWAY.normal)
  mux.flush()
  peer.socket.end()

  t.deepEqual(await peer.result, { served: STREAMS })
  t.is(answers.filter(Boolean).length, STREAMS)
  t.is(mux.failure(), undefined)
  t.is(mux.muxer.streamCount, 0)
})

test.serial('as client, 1,000 streams to the real yamux echo 256 MiB intact', weCall, 'client')
test.serial('as server, 1,000 streams to the real yamux echo 256 MiB intact', weCall, 'server')

const theyCall = test.macro(async (t, role: 'client' | 'server') => {
  t.timeout(120_000)
  const goRole = role === 'client' ? 'server' : 'client'
  const peer = await startGoPeer(t, program, { role: goRole, task: 'call', streams: STREAMS, bytes: BYTES })
  const mux = muxSocket(peer.socket, { role, onStream: echo })

  t.deepEqual(await peer.result, { streams: STREAMS, bytes: STREAMS * BYTES_EACH, pinged: true })
  t.is(mux.failure(), undefined)
  t.deepEqual(mux.goAways.slice(0, 1), [GO_AWAY.normal])
})

test.serial('as server, 1,000 streams that the real yamux opens echo 256 MiB', theyCall, 'server')
test.serial('as client, 1,000 streams that the real yamux opens echo 256 MiB', theyCall, 'client')

test('the real yamux reads to our half-close and still answers', async t => {
  const peer = await startGoPeer(t, program, { role: 'server', task: 'serve' })
  const mux = muxSocket(peer.socket, { role: 'client' })
  const payload = createRandom(7).bytes(3 * MiB)
  const stream = mux.openStream()
  stream.write('h')
  stream.end(payload)

  const answer = await readAll(stream)

  t.is(answer.toString(), createHash('sha256').update(payload).digest('hex'))
  peer.socket.end()
  t.deepEqual(await peer.result, { served: 1 })
})

test('a reset by the real yamux ends that stream and no other', async t => {
  const peer = await startGoPeer(t, program, { role: 'server', task: 'serve', closeTimeoutMs: 50 })
  const mux = muxSocket(peer.socket, { role: 'client' })
  const neighbour = mux.openStream()
  neighbour.write('e')
  const victim = mux.openStream()
  victim.resume().write('r')

  const [error] = await once(victim, 'error') as [NodeJS.ErrnoException]
  neighbour.end('still here')

  t.is(error.code, 'ECONNRESET')
  t.is((await readAll(neighbour)).toString(), 'still here')
  t.is(mux.failure(), undefined)
})

test('our reset of a stream leaves the others of the real yamux alone', async t => {
  const peer = await startGoPeer(t, program, { role: 'server', task: 'serve' })
  const mux = muxSocket(peer.socket, { role: 'client' })
  const neighbour = mux.openStream()
  neighbour.write('e')
  const victim = mux.openStream()
  victim.write('e')
  victim.write(Buffer.alloc(100_000))
  await once(victim, 'data')
  victim.destroy()
  neighbour.end(Buffer.alloc(500_000, 3))

  t.true((await readAll(neighbour)).equals(Buffer.alloc(500_000, 3)))
  t.is(mux.muxer.streamCount, 0)
  peer.socket.end()
  t.deepEqual(await peer.result, { served: 2 })
})

test('a window of 1 MiB is granted to the real yamux and kept', async t => {
  const peer = await startGoPeer(t, program, { role: 'client', task: 'call', streams: 2, bytes: 8 * MiB })
  const mux = muxSocket(peer.socket, { role: 'server', windowBytes: MiB, onStream: echo })

  t.deepEqual(await peer.result, { streams: 2, bytes: 8 * MiB, pinged: true })
  t.is(mux.failure(), undefined)
})
