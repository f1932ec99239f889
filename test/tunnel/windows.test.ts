import test from 'ava'
import { INITIAL_WINDOW_BYTES } from '../../tunnel/constants.ts'
import { ReceiveSide } from '../../tunnel/receive-side.ts'
import { WindowBudget } from '../../tunnel/window-budget.ts'
import { openCutNetwork } from './helpers/cut-network.ts'
import { createRandom } from './helpers/random.ts'
import { readAll } from './helpers/session-pair.ts'

const MiB = 1024 * 1024

/** A budget whose clock stands where the test puts it. */
function createBudget (roundTripMs: number | undefined) {
  const clock = { ms: 0 }
  return { clock, budget: new WindowBudget({ now: () => clock.ms, roundTripMs: () => roundTripMs }) }
}

/** What the peer may send. */
const granted = new WeakMap<ReceiveSide, number>()

/** The peer sends all it may, once in a round trip, and the reader takes it at once. */
function readFast (side: ReceiveSide, rounds: number, clock: { ms: number }, roundMs = 50): void {
  for (let round = 0; round < rounds; round++) {
    const bytes = granted.get(side) ?? INITIAL_WINDOW_BYTES
    clock.ms += roundMs
    side.expect(bytes)
    side.consumed(bytes)
    granted.set(side, side.takeCredit())
  }
}

test('a window grows to 4 MiB for a fast reader far away', t => {
  const { budget, clock } = createBudget(50)
  const side = new ReceiveSide(INITIAL_WINDOW_BYTES, budget)
  readFast(side, 10, clock)
  t.is(side.windowBytes, 4 * MiB)
})

test('a window stays as it is for a peer that is near, or a slow one', t => {
  for (const roundTripMs of [undefined, 1, 20]) {
    const { budget, clock } = createBudget(roundTripMs)
    const side = new ReceiveSide(INITIAL_WINDOW_BYTES, budget)
    readFast(side, 10, clock)
    t.is(side.windowBytes, INITIAL_WINDOW_BYTES)
  }
})

test('all windows together grow by 16 MiB, and give room to newcomers', t => {
  const { budget, clock } = createBudget(50)
  const sides = Array.from({ length: 64 }, () => new ReceiveSide(INITIAL_WINDOW_BYTES, budget))
  for (const side of sides.slice(0, 4)) readFast(side, 10, clock)
  t.true(budget.claimedBytes <= 16 * MiB)
  t.true((sides[3]?.windowBytes ?? 0) > 3 * MiB)
  for (let round = 0; round < 20; round++) for (const side of sides) readFast(side, 1, clock, 1)
  t.true(budget.claimedBytes <= 16 * MiB)
  const largest = Math.max(...sides.map(side => side.windowBytes))
  t.true(largest < MiB, `${largest}`)
  t.true(sides.every(side => side.windowBytes > INITIAL_WINDOW_BYTES))
})

test('a stream that ended counts until its bytes were read or dropped', t => {
  const { budget, clock } = createBudget(50)
  const [read, dropped] = [0, 1].map(() => new ReceiveSide(INITIAL_WINDOW_BYTES, budget))
  for (const side of [read, dropped]) {
    readFast(side as ReceiveSide, 4, clock)
    side?.expect(MiB)
    side?.close()
  }
  t.is(budget.claimedBytes, 2 * (MiB - INITIAL_WINDOW_BYTES))
  read?.consumed(MiB)
  dropped?.giveUp()
  t.is(budget.claimedBytes, 0)
})

const farAway = test.macro(async (t, direction: 'up' | 'down') => {
  const payload = createRandom(1).bytes(24 * MiB)
  const received = Promise.withResolvers<Buffer>()
  const network = openCutNetwork(t, {
    way: () => ({ delayMs: 25 }),
    onStream: stream => { readAll(stream).then(received.resolve, received.reject) }
  })
  await network.cli.ready
  const startMs = performance.now()
  const stream = direction === 'up' ? network.cli.openStream() : network.proxy().openStream()
  stream.resume().end(payload)

  t.true((await received.promise).equals(payload))
  t.log(`${(24_000 / (performance.now() - startMs)).toFixed(1)} MiB/s at 50 ms; a fixed window allows 5`)
  const most = network.carriers[0]?.mostInFlightBytes ?? 0
  t.true(most > 1.5 * MiB, `${most} bytes were under way`)
  t.true(most < 6 * MiB, `${most} bytes were under way`)
})

test('an upload to 50 ms away is not bound by the first window', farAway, 'up')
test('a download from 50 ms away is not bound by the first window', farAway, 'down')
