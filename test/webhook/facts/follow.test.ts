import test from 'ava'
import { follow, type FollowDeps, type Sink, type Source, type WatchHandlers } from '../../../webhook/facts/follow.ts'
import { quietLog } from '../quiet-log.ts'

type Step = (on: WatchHandlers<string>) => string | undefined

/** Follows a source whose watches end as the steps say, until there are no more. */
async function run (steps: readonly Step[], { isForbidden = false, watchMs = 5000 } = {}) {
  const { log, events } = quietLog()
  const stopping = new AbortController()
  const seen: string[] = []
  const waits: number[] = []
  let nowMs = 0
  const rest = [...steps]
  const source: Source<string> = {
    list: async () => {
      seen.push('list')
      return { items: ['a'], version: '10' }
    },
    watch: async (version, on) => {
      seen.push(`watch ${version}`)
      const step = rest.shift()
      if (step === undefined) {
        stopping.abort()
        return version
      }
      nowMs += watchMs
      return step(on)
    }
  }
  const sink: Sink<string> = {
    reset: items => { seen.push(`reset ${items.join()}`) },
    put: item => { seen.push(`put ${item}`) },
    remove: item => { seen.push(`remove ${item}`) },
    setCurrent: isCurrent => { seen.push(isCurrent ? 'current' : 'stale') }
  }
  const deps: FollowDeps = {
    wait: async ms => { waits.push(ms) },
    random: () => 0.5,
    monotonicMs: () => nowMs,
    isForbidden: () => isForbidden,
    name: 'services',
    right: 'list',
    log
  }
  await follow(source, sink, deps, stopping.signal)
  return { seen, waits, events }
}

test('changes arrive in order and the watch goes on from the last version', async t => {
  const { seen, waits } = await run([on => {
    on.onOpen()
    on.onPut('b')
    on.onRemove('a')
    return '12'
  }])

  t.deepEqual(seen, ['list', 'reset a', 'watch 10', 'current', 'put b', 'remove a', 'stale', 'watch 12', 'stale'])
  t.deepEqual(waits, [])
})

test('a version that is gone means that the list is read anew', async t => {
  const { seen } = await run([() => undefined])

  t.deepEqual(seen.filter(line => line !== 'stale'), ['list', 'reset a', 'watch 10', 'list', 'reset a', 'watch 10'])
})

test('a watch that keeps failing is tried less and less often', async t => {
  const fail = (): never => { throw new Error('cut') }
  const { waits, events } = await run(Array.from({ length: 10 }, () => fail), { watchMs: 10 })

  t.deepEqual(waits, [200, 400, 800, 1600, 3200, 6400, 12800, 25600, 30000, 30000])
  t.is(events.length, 10)
})

test('a watch that is cut at once again and again is not opened in a loop', async t => {
  const { waits } = await run([() => '11', () => '11', () => '11'], { watchMs: 1 })

  t.deepEqual(waits, [200, 400, 800])
})

test('a missing right is said once and asked for once a minute', async t => {
  const refuse = (): never => { throw new Error('403') }
  const { waits, events } = await run([refuse, refuse, refuse], { isForbidden: true })

  t.deepEqual(events, ['warn facts.forbidden'])
  t.deepEqual(waits, [60_000, 60_000, 60_000])
})
