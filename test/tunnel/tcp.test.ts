import { once } from 'node:events'
import test from 'ava'
import { createRandom } from './helpers/random.ts'
import { echo, openSessionPair, readAll, settle } from './helpers/session-pair.ts'
import { openSocketPair } from './helpers/socket-pair.ts'

test('over TCP, fifty streams echo 20 MiB and the session closes', async t => {
  const carriers = await openSocketPair(t)
  const { cli, proxy } = openSessionPair(t, { carriers, proxy: { onStream: echo } })
  await cli.session.ready
  const results = await Promise.all(Array.from({ length: 50 }, async (_, index) => {
    const payload = createRandom(index).bytes(400 * 1024)
    const stream = cli.session.openStream()
    stream.end(payload)
    return (await readAll(stream)).equals(payload)
  }))
  t.is(results.filter(Boolean).length, 50)
  await cli.session.close()
  t.is(await proxy.closed, undefined)
  t.is(await cli.closed, undefined)
})

const closesWithoutReset = test.macro(async (t, who: 'cli' | 'proxy') => {
  const carriers = await openSocketPair(t)
  const errors: Error[] = []
  for (const socket of carriers) socket.on('error', error => errors.push(error))
  const pair = openSessionPair(t, { carriers, proxy: { onStream: echo }, cli: { onStream: echo } })
  const [closing, other] = who === 'cli' ? [pair.cli, pair.proxy] : [pair.proxy, pair.cli]
  await Promise.all([pair.cli.session.ready, pair.proxy.ready])
  // Bytes are under way to the side that closes, which is what makes a kernel answer with a reset.
  const busy = Array.from({ length: 8 }, () => other.session.openStream())
  for (const stream of busy) stream.write(Buffer.alloc(250_000))
  await settle()

  await closing.session.close()
  await Promise.all(carriers.map(async socket => socket.closed || await once(socket, 'close')))

  t.is(await other.closed, undefined)
  t.deepEqual(errors, [])
})

test('the pod\'s side closes a busy carrier without a TCP reset', closesWithoutReset, 'proxy')
test('the CLI\'s side closes a busy carrier without a TCP reset', closesWithoutReset, 'cli')

test('a TCP reset of the carrier loses it, and nothing else', async t => {
  const [dialled, accepted] = await openSocketPair(t)
  const { cli, proxy } = openSessionPair(t, { carriers: [dialled, accepted] })
  await Promise.all([cli.session.ready, proxy.ready])
  const stream = cli.session.openStream()
  stream.write('x')
  const closed = new Promise(resolve => dialled.once('close', resolve))
  accepted.resetAndDestroy()
  await closed
  await settle()
  t.deepEqual([cli.states, proxy.states], [['lost'], ['lost']])
  t.is(stream.errored, null)
})
