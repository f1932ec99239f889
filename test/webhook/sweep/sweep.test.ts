import test from 'ava'
import type { Intercept } from '../../../intercepts/object.ts'
import { keepLooking } from '../../../webhook/keep-looking.ts'
import { createSweep, SWEEP_RHYTHM } from '../../../webhook/sweep/sweep.ts'
import { quietLog } from '../quiet-log.ts'

const START_MS = Date.UTC(2026, 5, 1)

/** One renewed so many ms after the start, with a holder who acquired it long before. */
function anIntercept (name: string, renewedMs: number, version = '1'): Intercept {
  const fence = START_MS - 3_600_000
  return {
    apiVersion: 'waylay.dev/v1alpha1',
    kind: 'Intercept',
    metadata: { name, namespace: 'shop', uid: `uid-${name}`, resourceVersion: version, creationTimestamp: new Date(fence).toISOString() },
    spec: { workload: 'deployment/payments', port: 8080, match: { headers: [] }, global: true, sessionKey: 'k', owner: 'maria', fence },
    status: { fence, renewTime: new Date(START_MS + renewedMs).toISOString() }
  }
}

/** The Intercepts of a cluster, and a sweep of one replica for each call of `newSweep`. */
function startWorld (...stored: readonly Intercept[]) {
  const objects = new Map(stored.map(intercept => [intercept.metadata.name, intercept]))
  const { log, events } = quietLog()
  let passedMs = 0
  let isAway = false
  let failsFor: string | undefined
  let onListed = (): void => {}
  const newSweep = () => createSweep({
    async * list () {
      if (isAway) throw new Error('the API server is away')
      // Pages of two: what is on the second counts as much.
      const all = [...objects.values()]
      for (let from = 0; from < all.length; from += 2) {
        onListed()
        yield all.slice(from, from + 2)
      }
    },
    remove: async ({ metadata: { name, resourceVersion } }) => {
      if (failsFor === name) throw new Error('denied')
      if (objects.get(name)?.metadata.resourceVersion !== resourceVersion) return false
      return objects.delete(name)
    },
    serverNowMs: () => START_MS + passedMs,
    monotonicMs: () => passedMs,
    log
  })
  const sweep = newSweep()
  return {
    objects,
    events,
    newSweep,
    away: (value: boolean) => { isAway = value },
    onListed: (callback: () => void) => { onListed = callback },
    failFor: (name: string) => { failsFor = name },
    /** Lets time pass and sweeps every 15 seconds of it. */
    async pass (ms: number): Promise<void> {
      for (const endMs = passedMs + ms; passedMs < endMs;) {
        passedMs += 15_000
        await sweep().catch(() => {})
      }
    },
    names: () => [...objects.keys()]
  }
}

test('an expired intercept is deleted a minute later and not before', async t => {
  const world = startWorld(anIntercept('a', 0))

  await world.pass(75_000)
  t.deepEqual(world.names(), ['a'])
  await world.pass(15_000)

  t.deepEqual(world.names(), [])
  t.deepEqual(world.events, ['info intercept.swept'])
})

test('one that is renewed is spared whatever its age', async t => {
  const world = startWorld(anIntercept('a', 0))

  for (let at = 0; at < 600_000; at += 15_000) {
    world.objects.set('a', anIntercept('a', at, String(at)))
    await world.pass(15_000)
  }

  t.deepEqual(world.names(), ['a'])
  t.deepEqual(world.events, [])
})

test('one whose renewals lie in the future is deleted all the same', async t => {
  const world = startWorld(anIntercept('a', 100 * 3_600_000))

  await world.pass(90_000)

  t.deepEqual(world.names(), [])
})

test('after an outage of the API server nobody is deleted before they could renew', async t => {
  const world = startWorld(anIntercept('a', 0), anIntercept('gone', 0))
  await world.pass(15_000)
  world.away(true)
  await world.pass(300_000)
  world.away(false)

  await world.pass(15_000)
  t.deepEqual(world.names(), ['a', 'gone'])
  world.objects.set('a', anIntercept('a', 330_000, '2'))
  await world.pass(30_000)

  t.deepEqual(world.names(), ['a'])
})

test('a replica that starts watches for a while before it deletes', async t => {
  const world = startWorld(anIntercept('a', -3_600_000))

  await world.pass(15_000)
  t.deepEqual(world.names(), ['a'])
  await world.pass(30_000)

  t.deepEqual(world.names(), [])
})

test('one that is taken over between the look and the deletion is spared', async t => {
  const world = startWorld(anIntercept('a', -3_600_000))
  await world.pass(30_000)
  world.onListed(() => { world.objects.set('a', anIntercept('a', 45_000, '2')) })

  await world.pass(15_000)

  t.deepEqual(world.names(), ['a'])
  t.deepEqual(world.events, ['info intercept.spared'])
})

test('two replicas delete each expired one once and fail at nothing', async t => {
  const world = startWorld(...['a', 'b', 'c', 'd', 'e'].map(name => anIntercept(name, 0)))
  const other = world.newSweep()

  for (let count = 0; count < 7; count += 1) {
    await other()
    await world.pass(15_000)
  }

  t.deepEqual(world.names(), [])
  t.is(world.events.filter(event => event === 'info intercept.swept').length, 5)
})

test('one that cannot be deleted does not keep the others alive', async t => {
  const world = startWorld(anIntercept('a', 0), anIntercept('b', 0))
  world.failFor('a')

  await world.pass(90_000)

  t.deepEqual(world.names(), ['a'])
  t.deepEqual(world.events, ['warn intercept.sweep-failed', 'info intercept.swept'])
})

test('a sweep that fails is tried again less often until it works', async t => {
  const { log, events } = quietLog()
  const stopping = new AbortController()
  const waits: number[] = []
  let calls = 0

  await keepLooking({
    look: async () => {
      calls += 1
      if (calls < 6) throw new Error('away')
    },
    wait: async ms => {
      waits.push(ms)
      if (waits.length === 8) stopping.abort()
    },
    random: () => 0.5,
    log
  }, SWEEP_RHYTHM, stopping.signal)

  t.deepEqual(waits, [30_000, 60_000, 120_000, 120_000, 120_000, 15_000, 15_000, 15_000])
  t.deepEqual(events, Array(5).fill('warn sweep.failed'))
  t.is(calls, 8)
})
