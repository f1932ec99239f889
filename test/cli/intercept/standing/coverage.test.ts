import test from 'ava'
import { WaylayError } from '../../../../common/errors.ts'
import { Coverage } from '../../../../cli/intercept/standing/coverage.ts'
import type { PodState } from '../../../../cli/intercept/session/pod-intercept.ts'
import type { PodRef } from '../../../../cli/intercept/session/session-pool.ts'
import { ManualClock, settle } from '../../helpers/manual-clock.ts'

const A: PodRef = { namespace: 'shop', name: 'a', uid: 'a1' }
const B: PodRef = { namespace: 'shop', name: 'b', uid: 'b1' }
const refused = (text: string): PodState =>
  ({ kind: 'refused', error: new WaylayError('WAYLAY_TICKET_REFUSED', text) })
const broken: PodState = { kind: 'broken', error: new WaylayError('WAYLAY_TUNNEL_FAILED', 'gone') }
const diverting: PodState = { kind: 'diverting' }

/** A coverage whose pods say what the test tells them to. */
function start (pods: readonly PodRef[]) {
  const clock = new ManualClock()
  const say = new Map<string, (state: PodState) => void>()
  const told = { counts: [] as string[], refused: [] as string[], fatal: [] as string[], left: [] as string[] }
  const coverage = new Coverage({
    join: ({ uid }, onState) => { say.set(uid, onState) },
    leave: async ({ uid }) => { told.left.push(uid) },
    onCount: (some, all) => { told.counts.push(`${some}/${all}`) },
    onRefused: pod => { told.refused.push(pod) },
    onAllRefused: error => { told.fatal.push(error.message) },
    clock,
    readyTimeoutMs: 15_000
  })
  const update = (ready: readonly PodRef[], alive = ready): void => {
    coverage.update(ready, new Set(alive.map(({ uid }) => uid)))
  }
  update(pods)
  return { clock, told, coverage, update, tell: ({ uid }: PodRef, state: PodState) => { say.get(uid)?.(state) } }
}

test('it is ready when every pod diverts, and not before', async t => {
  const { coverage, tell } = start([A, B])
  let ready: number | undefined
  void coverage.allDiverting.then(count => { ready = count })

  tell(A, diverting)
  await settle()
  t.is(ready, undefined)
  tell(B, diverting)
  await settle()

  t.is(ready, 2)
})

test('a pod that refuses is named while the others divert', async t => {
  const { coverage, tell, told } = start([A, B])
  tell(A, refused('an old key'))
  tell(B, diverting)

  t.is(await coverage.allDiverting, 1)
  t.deepEqual(told.refused, ['a'])
  t.deepEqual(told.fatal, [])
})

test('pods that all refuse fail it at once with their reason', async t => {
  const { coverage, tell } = start([A, B])
  tell(A, refused('an old key'))
  tell(B, refused('another key'))

  await t.throwsAsync(coverage.allDiverting, { code: 'WAYLAY_TICKET_REFUSED', message: 'another key' })
})

test('pods that do not answer are left behind after a while', async t => {
  const { clock, coverage, tell } = start([A, B])
  tell(A, diverting)
  await clock.pass(15_000)

  t.is(await coverage.allDiverting, 1)
})

test('no pod that answers in time fails it with the last failure', async t => {
  const { clock, coverage, tell } = start([A])
  tell(A, broken)
  await clock.pass(15_000)

  await t.throwsAsync(coverage.allDiverting, { message: 'gone' })
})

test('a rollout tells its number once it lasts or is whole', async t => {
  const { clock, coverage, tell, told, update } = start([A])
  tell(A, diverting)
  await coverage.allDiverting

  update([A, B])
  await clock.pass(500)
  t.deepEqual(told.counts, [])
  tell(B, diverting)
  t.deepEqual(told.counts, ['2/2'])
  tell(B, { kind: 'lost' })
  await clock.pass(1000)

  t.deepEqual(told.counts, ['2/2', '1/2'])
})

test('all pods that refuse for long after the start end it', async t => {
  const { clock, coverage, tell, told } = start([A])
  tell(A, diverting)
  await coverage.allDiverting

  tell(A, refused('no rights'))
  await clock.pass(14_000)
  t.deepEqual(told.fatal, [])
  tell(A, diverting)
  await clock.pass(20_000)
  t.deepEqual(told.fatal, [])
  tell(A, refused('no rights'))
  await clock.pass(15_000)

  t.deepEqual(told.fatal, ['no rights'])
})

test('a pod on its way out stays until its session breaks', async t => {
  const { coverage, tell, told, update } = start([A, B])
  tell(A, diverting)
  tell(B, diverting)
  await coverage.allDiverting

  update([B], [A, B])
  t.deepEqual(told.left, [])
  tell(A, broken)

  t.deepEqual(told.left, ['a1'])
})

test('a pod that comes back under its name is another pod', async t => {
  const { coverage, tell, told, update } = start([A])
  tell(A, diverting)
  await coverage.allDiverting

  update([{ ...A, uid: 'a2' }])

  t.deepEqual(told.left, ['a1'])
  t.is(coverage.running, 1)
  t.is(coverage.diverting, 0)
})

test('a stop leaves every pod and holds no timer', async t => {
  const { clock, coverage, told } = start([A, B])

  await coverage.stop()

  t.deepEqual(told.left, ['a1', 'b1'])
  t.is(clock.pending, 0)
})
