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

const weCall = test.macro(async (t, role: 'client' | 'server') => {
  const peer = await startGoPeer(t, program, { role: role === 'client' ? 'server' : 'client', task: 'serve' })
  const mux = muxSocket(peer.socket, { role })

  const answers = await Promise.all(Array.from({ length: 100 }, async (_, index) => {
    const payload = createRandom(index).bytes(16 * MiB / 100)
    const stream = mux.openStream()
    stream.write('e')
    stream.end(payload)
    return (await readAll(stream)).equals(payload)
  }))
  mux.muxer.goAway(GO_AWAY.normal)
  mux.flush()
  peer.socket.end()

  t.deepEqual(await peer.result, { served: 100 })
  t.is(answers.filter(Boolean).length, 100)
  t.is(mux.failure(), undefined)
  t.is(mux.muxer.streamCount, 0)
})

test('as client, 100 streams to the real yamux echo 16 MiB intact', weCall, 'client')
test('as server, 100 streams to the real yamux echo 16 MiB intact', weCall, 'server')

const theyCall = test.macro(async (t, role: 'client' | 'server') => {
  const goRole = role === 'client' ? 'server' : 'client'
  const peer = await startGoPeer(t, program, { role: goRole, task: 'call', streams: 100, bytes: 16 * MiB })
  const mux = muxSocket(peer.socket, { role, onStream: echo })

  t.deepEqual(await peer.result, { streams: 100, bytes: 100 * Math.floor(16 * MiB / 100), pinged: true })
  t.is(mux.failure(), undefined)
  t.deepEqual(mux.goAways.slice(0, 1), [GO_AWAY.normal])
})

test('as server, 100 streams that the real yamux opens echo 16 MiB', theyCall, 'server')
test('as client, 100 streams that the real yamux opens echo 16 MiB', theyCall, 'client')

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
