import test from 'ava'
import type { Pod } from '../../../../cli/cluster/pods.ts'
import type { Workload } from '../../../../cli/cluster/workload.ts'
import { WorkloadPods, type WorkloadPodsDeps } from '../../../../cli/intercept/standing/workload-pods.ts'
import { ManualClock } from '../../helpers/manual-clock.ts'

const BEFORE: Workload = { id: 'deployment/payments', namespace: 'shop', podQuery: 'labelSelector=app%3Dold' }
const AFTER: Workload = { ...BEFORE, podQuery: 'labelSelector=app%3Dnew' }
const pod = (name: string): Pod => ({ metadata: { name, namespace: 'shop', uid: name } })
const listOf = (...pods: readonly Pod[]) => ({ metadata: { resourceVersion: '1' }, items: pods })

/** A workload whose pods and selector the test changes. */
function start () {
  const clock = new ManualClock()
  const stopped = new AbortController()
  const follows: { query: string, signal: AbortSignal, tell: (...pods: readonly Pod[]) => void }[] = []
  const world = { found: BEFORE as Workload | undefined, notes: [] as string[], seen: [] as string[] }
  const deps: WorkloadPodsDeps = {
    list: async () => listOf(pod('new-1')),
    follow: async ({ podQuery }, { signal, onChange }) => {
      follows.push({
        query: podQuery, signal, tell: (...pods) => { onChange(new Map(pods.map(item => [item.metadata.name, item]))) }
      })
    },
    find: async () => world.found,
    clock,
    onNote: line => { world.notes.push(line) }
  }
  const pods = new WorkloadPods(BEFORE, listOf(pod('old-1')), deps, stopped.signal)
  const listen = (name: string) => pods.subscribe(found => { world.seen.push(`${name}: ${found.map(({ metadata }) => metadata.name).join(' ')}`) })
  return { clock, follows, world, pods, listen, stopped }
}

test('two intercepts on one workload follow its pods once', t => {
  const { follows, world, listen } = start()
  const [offA, offB] = [listen('a'), listen('b')]

  follows[0]?.tell(pod('old-1'), pod('old-2'))
  offA()
  follows[0]?.tell(pod('old-2'))
  t.false(follows[0]?.signal.aborted)
  offB()

  t.is(follows.length, 1)
  t.deepEqual(world.seen, ['a: old-1 old-2', 'b: old-1 old-2', 'b: old-2'])
  t.true(follows[0]?.signal.aborted)
})

test('a workload that is gone is told once and waited for', async t => {
  const { clock, follows, world, listen } = start()
  listen('a')
  world.found = undefined

  follows[0]?.tell()
  await clock.pass(10_000)

  t.deepEqual(world.notes, ['deployment/payments is gone. The intercept stays, and covers its pods when it comes back.'])
})

test('a workload that is scaled to nothing is not said to be gone', async t => {
  const { clock, follows, world, listen } = start()
  listen('a')

  follows[0]?.tell()
  await clock.pass(10_000)
  follows[0]?.tell(pod('old-2'))

  t.deepEqual(world.notes, [])
  t.deepEqual(world.seen, ['a: ', 'a: old-2'])
})

test('a workload that comes back with other labels is followed by them', async t => {
  const { clock, follows, world, listen } = start()
  listen('a')
  world.found = undefined
  follows[0]?.tell()
  await clock.pass(3000)

  world.found = AFTER
  await clock.pass(1000)

  t.deepEqual(follows.map(({ query }) => query), [BEFORE.podQuery, AFTER.podQuery])
  t.true(follows[0]?.signal.aborted)
  t.is(world.seen.at(-1), 'a: new-1')
  t.is(world.notes.at(-1), 'deployment/payments is there again.')
})

test('pods that are seen before their workload bring the same news', async t => {
  const { clock, follows, world, listen } = start()
  listen('a')
  world.found = undefined
  follows[0]?.tell()
  await clock.pass(500)

  follows[0]?.tell(pod('old-2'))
  await clock.pass(1000)

  t.is(world.notes.at(-1), 'deployment/payments is there again.')
  t.is(clock.pending, 0)
})
