import test from 'ava'
import { keepKeys, type KeeperDeps } from '../../../webhook/certificates/keeper.ts'
import { quietLog } from '../quiet-log.ts'

/** Runs the keeper for some rounds; waiting costs no time and is recorded. */
async function runKeeper (rounds: number, check: KeeperDeps['check']) {
  const { log, events } = quietLog()
  const stop = new AbortController()
  const waitsMs: number[] = []
  const wait = async (ms: number): Promise<void> => {
    waitsMs.push(ms)
    if (waitsMs.length === rounds) stop.abort()
  }
  await keepKeys({ check, wait, log }, stop.signal)
  return { waitsMs, events }
}

test('the next look comes when the last one said', async t => {
  const dues = [60_000, 250, 5000]

  t.deepEqual((await runKeeper(3, async () => dues.shift() ?? 0)).waitsMs, [60_000, 250, 5000])
})

test('an API server that is away is asked again, ever more slowly', async t => {
  const { waitsMs, events } = await runKeeper(9, async () => { throw new Error('connection refused') })

  t.deepEqual(waitsMs, [500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000])
  t.deepEqual(new Set(events), new Set(['warn keys.check-failed']))
})

test('after a look that worked the next failure is tried again soon', async t => {
  let round = 0
  const { waitsMs } = await runKeeper(5, async () => {
    round += 1
    if (round !== 3) throw new Error('reset')
    return 60_000
  })

  t.deepEqual(waitsMs, [500, 1000, 60_000, 500, 1000])
})
