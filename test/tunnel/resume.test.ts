import test, { type ExecutionContext } from 'ava'
import { openCutNetwork, type CutNetwork, type Way } from './helpers/cut-network.ts'
import { createManualClock } from './helpers/manual-clock.ts'
import { createRandom, type Random } from './helpers/random.ts'
import { echo, readAll, settle } from './helpers/session-pair.ts'

/** Open frame, ping and pong: a session whose first carrier breaks before them never was. */
const READY_BYTES = 4 + 45 + 4 + 4 + 4 + 4 + 1

/** Several at the same time: most of each is waiting for a next carrier. */
async function manyTimes (count: number, once: (index: number) => Promise<void>): Promise<void> {
  for (let from = 0; from < count; from += 40) {
    const length = Math.min(40, count - from)
    await Promise.all(Array.from({ length }, async (_, index) => { await once(from + index) }))
  }
}

/** Echoes a payload each way, over carriers that break as `way` says. */
async function echoBothWays (t: ExecutionContext, bytes: number, way: (number: number) => Way): Promise<CutNetwork> {
  const random = createRandom(bytes)
  const network = openCutNetwork(t, { way, onStream: echo, cli: { random: () => 1 } })
  await network.cli.ready
  const payloads = [random.bytes(bytes), random.bytes(bytes)]
  const streams = [network.cli.openStream(), network.proxy().openStream()]
  streams.forEach((stream, index) => { stream.end(payloads[index]) })
  const answers = await Promise.all(streams.map(readAll))
  t.true(answers.every((answer, index) => answer.equals(payloads[index] ?? Buffer.alloc(0))))
  t.deepEqual(network.closings, { cli: [], proxy: [] })
  return network
}

test('a session goes on whichever byte of the developer\'s was the last', async t => {
  await manyTimes(642, async index => {
    await echoBothWays(t, 150, number => number === 0 ? { upBytes: READY_BYTES + index } : {})
  })
})

test('a session goes on whichever byte of the pod\'s was the last', async t => {
  await manyTimes(642, async index => {
    await echoBothWays(t, 150, number => number === 0 ? { downBytes: READY_BYTES + index } : {})
  })
})

test('carriers cut at random, in pieces of any size, lose and double nothing', async t => {
  await manyTimes(60, async seed => {
    const random = createRandom(seed)
    const network = await echoBothWays(t, 20_000 + random.integer(200_000), number => randomWay(random, number))
    t.is(network.events.filter(event => event === 'resumed').length > 0, network.carriers.length > 1, `seed ${seed}`)
  })
})

function randomWay (random: Random, number: number): Way {
  const least = number === 0 ? READY_BYTES : 0
  return {
    upBytes: least + random.integer(60_000),
    downBytes: least + random.integer(60_000),
    then: random.integer(2) === 0 ? 'cut' : 'end',
    pieceBytes: 1 + random.integer(20_000)
  }
}

test('the next carrier is opened before one gets old, and nobody notices', async t => {
  const clock = createManualClock()
  const network = openCutNetwork(t, { way: () => ({}), onStream: echo, cli: { clock }, proxy: { clock } })
  await network.cli.ready
  const stream = network.cli.openStream()
  let answered = 0
  stream.on('data', (bytes: Buffer) => { answered += bytes.length })
  for (let minute = 0; minute < 100; minute++) {
    for (let step = 0; step < 30; step++) {
      stream.write(Buffer.alloc(1000))
      clock.advance(2000)
      await settle()
    }
  }
  await settle()

  t.is(answered, 100 * 30 * 1000)
  t.is(network.carriers.length, 3)
  t.deepEqual(network.states, { cli: [], proxy: [] })
  t.true(network.carriers.slice(0, 2).every(({ cliEnd }) => cliEnd.destroyed || cliEnd.writableEnded))
})
