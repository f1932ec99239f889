import test from 'ava'
import type { Environment } from '../../../environments/object.ts'
import { expire, EXPIRY_RHYTHM } from '../../../webhook/expiry/expiry.ts'
import { keepLooking } from '../../../webhook/keep-looking.ts'
import { anEnvironment, at, NOW_MS } from '../admission/environment-cases.ts'
import { quietLog } from '../quiet-log.ts'

function ending (name: string, ms: number, more: object = {}): Environment {
  const environment = anEnvironment({ expiresAt: at(ms) }, name)
  return { ...environment, metadata: { ...environment.metadata, resourceVersion: '1', ...more } }
}

/** The Environments of a cluster, and a look of one replica for each call of `look`. */
function startWorld (...stored: readonly Environment[]) {
  const objects = new Map(stored.map(one => [one.metadata.name, one]))
  const { log, events } = quietLog()
  let onListed = (): void => {}
  let failsFor: string | undefined
  const look = () => expire({
    async * list () {
      const all = [...objects.values()]
      for (let from = 0; from < all.length; from += 2) {
        onListed()
        yield all.slice(from, from + 2)
      }
    },
    remove: async ({ metadata: { name, resourceVersion } }) => {
      await Promise.resolve()
      if (failsFor === name) throw new Error('denied')
      if (objects.get(name)?.metadata.resourceVersion !== resourceVersion) return false
      return objects.delete(name)
    },
    serverNowMs: () => NOW_MS,
    log
  })
  return {
    objects,
    events,
    look,
    onListed: (callback: () => void) => { onListed = callback },
    failFor: (name: string) => { failsFor = name }
  }
}

test('whose time is over goes, on whichever page, and the others stay', async t => {
  const { objects, events, look } = startWorld(ending('live', 1), ending('a', 0), ending('later', 60_000), ending('b', -86_400_000))
  await look()

  t.deepEqual([...objects.keys()], ['live', 'later'])
  t.deepEqual(events, ['info environment.expired', 'info environment.expired'])
})

test('two replicas at once do each other no harm', async t => {
  const { objects, events, look } = startWorld(ending('a', -1))
  await Promise.all([look(), look()])

  t.is(objects.size, 0)
  t.deepEqual(events, ['info environment.expired', 'info environment.spared'])
})

test('one that is renewed between list and deletion stays', async t => {
  const { objects, events, look, onListed } = startWorld(ending('a', -1))
  onListed(() => { queueMicrotask(() => objects.set('a', ending('a', 60_000, { resourceVersion: '2' }))) })
  await look()

  t.deepEqual([...objects.keys()], ['a'])
  t.deepEqual(events, ['info environment.spared'])
})

test('one that is being deleted, and one whose end nobody can read, is left alone', async t => {
  const bad = ['', 'soon', undefined, 5, null].map((expiresAt, index) => anEnvironment({ expiresAt: expiresAt as never }, `bad-${index}`))
  const none = { ...anEnvironment({}, 'none'), spec: undefined as never }
  const { objects, events, look } = startWorld(ending('going', -1, { deletionTimestamp: at(-1) }), none, ...bad)
  await look()

  t.is(objects.size, 7)
  t.deepEqual(events, [])
})

test('one that cannot be deleted keeps no other alive', async t => {
  const { objects, events, look, failFor } = startWorld(ending('a', -1), ending('b', -1))
  failFor('a')
  await look()

  t.deepEqual([...objects.keys()], ['a'])
  t.deepEqual(events, ['warn environment.expiry-failed', 'info environment.expired'])
})

test('the first look is at once, the next in about five seconds, and less often while it fails', async t => {
  const { log, events } = quietLog()
  const stop = new AbortController()
  const waits: number[] = []
  let looks = 0
  await keepLooking({
    look: async () => {
      looks++
      if (looks > 2 && looks < 7) throw new Error('the API server is away')
    },
    wait: async ms => {
      waits.push(ms)
      if (waits.length === 8) stop.abort()
    },
    random: () => 0.5,
    log
  }, EXPIRY_RHYTHM, stop.signal)

  t.is(looks, 8)
  t.deepEqual(waits, [5000, 5000, 10_000, 15_000, 15_000, 15_000, 5000, 5000])
  t.deepEqual(events, Array.from({ length: 4 }, () => 'warn expiry.failed'))
})
