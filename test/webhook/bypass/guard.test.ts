import test from 'ava'
import { APPEARS_WITHIN_MS } from '../../../webhook/bypass/appearances.ts'
import { createGuard, type GuardDeps } from '../../../webhook/bypass/guard.ts'
import type { Trouble } from '../../../webhook/bypass/record.ts'
import { STUCK_FOR_MS, type InjectedPod } from '../../../webhook/bypass/stuck-pods.ts'
import { subjectOf } from '../../../webhook/subject.ts'
import { quietLog } from '../quiet-log.ts'

const OWNED = subjectOf({
  ownerReferences: [{ apiVersion: 'apps/v1', kind: 'StatefulSet', name: 'pay', uid: 'u9', controller: true }]
}, 'shop')
const BARE = subjectOf({ name: 'debug' }, 'shop')

/** A guard whose every look takes the time that `passMs` says; `done` lists what it did, in order. */
async function guarded (
  act: (guard: ReturnType<typeof createGuard>) => void, passMs: number, parts: Partial<GuardDeps> = {}
): Promise<readonly string[]> {
  const { log } = quietLog()
  const done: string[] = []
  const stopping = new AbortController()
  let nowMs = 0
  let looks = 0
  const scope = ({ workload, image }: Trouble): string => `${workload ?? 'all'}${image === undefined ? '' : ` ${image}`}`
  const guard = createGuard({
    bypasses: {
      find: () => undefined,
      add: async trouble => {
        done.push(`bypass ${scope(trouble)}`)
        return { ...trouble, sinceMs: 0, untilMs: 1, times: 1 }
      },
      takeBack: async () => { done.push('take back') },
      load: () => {},
      active: () => []
    },
    listIds: async () => [],
    hasPod: async () => false,
    takesPods: async () => true,
    deletePod: async ({ name }) => {
      done.push(`delete ${name}`)
      return true
    },
    tell: ({ reason, subject }) => { done.push(`${reason} ${subject.involved.kind}/${subject.involved.name}`) },
    onTrouble: kind => { done.push(kind) },
    monotonicMs: () => nowMs,
    wait: async () => {
      await new Promise(resolve => setImmediate(resolve))
      nowMs = passMs
      if (looks++ > 10) stopping.abort()
    },
    log,
    ...parts
  })
  guard.pods.setCurrent?.(true)
  act(guard)
  await guard.run(stopping.signal)
  return done
}

function stuckPod (parts: Partial<InjectedPod> = {}): InjectedPod {
  return {
    uid: 'u1',
    version: '1',
    name: 'pay-0',
    id: 'a',
    subject: OWNED,
    image: 'sidecar:1',
    isDeleting: false,
    stuck: { container: 'waylay-init', reason: 'ErrImagePull', isCommon: true },
    ...parts
  }
}

test('a refused pod lets its owner\'s next one through and tells the owner', async t => {
  const done = await guarded(guard => guard.expect({ id: 'a', subject: OWNED }), APPEARS_WITHIN_MS)

  t.deepEqual(done, ['refused', 'bypass statefulset/pay', 'WaylayBypassed StatefulSet/pay'])
})

test('a pod that appeared, or appeared and is gone, changes nothing', async t => {
  for (const tell of ['put', 'remove'] as const) {
    const done = await guarded(guard => {
      guard.expect({ id: 'a', subject: OWNED })
      const { stuck: _stuck, ...pod } = stuckPod()
      t.truthy(_stuck)
      guard.pods[tell](pod)
    }, APPEARS_WITHIN_MS)
    t.deepEqual(done, [])
  }
})

test('a pod that comes while its bypass is written takes it back', async t => {
  for (const workload of [OWNED.workload, undefined]) {
    const done: string[] = []
    const entry = { namespace: 'shop', ...(workload !== undefined && { workload }), why: 'x', sinceMs: 0, untilMs: 1, times: 1 }
    let appear = (): void => {}
    const all = await guarded(guard => {
      guard.expect({ id: 'a', subject: OWNED })
      appear = () => guard.pods.put(stuckPod())
    }, APPEARS_WITHIN_MS, {
      bypasses: {
        find: () => undefined,
        add: async () => {
          done.push('add')
          await new Promise(resolve => setImmediate(resolve))
          appear()
          await new Promise(resolve => setImmediate(resolve))
          done.push('added')
          return entry
        },
        takeBack: async () => { done.push('take back') },
        load: () => {},
        active: () => []
      }
    })
    t.deepEqual(done, ['add', 'added', ...(workload === undefined ? [] : ['take back'])])
    t.deepEqual(all, ['refused'], 'nobody is told')
  }
})

test('a list that is read anew makes nobody guess about pods before', async t => {
  const done = await guarded(guard => {
    guard.expect({ id: 'a', subject: OWNED })
    guard.pods.reset([])
  }, APPEARS_WITHIN_MS)

  t.deepEqual(done, [])
})

test('a pod whose injection was taken back is not missed', async t => {
  const done = await guarded(guard => {
    guard.expect({ id: 'a', subject: OWNED })
    guard.forget('a')
  }, APPEARS_WITHIN_MS)

  t.deepEqual(done, [])
})

test('a stuck pod is deleted after its owner and its namespace are recorded', async t => {
  const done = await guarded(guard => guard.pods.put(stuckPod()), STUCK_FOR_MS)

  t.deepEqual(done, [
    'stuck', 'bypass statefulset/pay sidecar:1', 'bypass all sidecar:1', 'delete pay-0', 'deleted', 'WaylayPodDeleted StatefulSet/pay'
  ])
})

test('a pod that the other replica has deleted is told by that one', async t => {
  const done = await guarded(guard => guard.pods.put(stuckPod()), STUCK_FOR_MS, { deletePod: async () => false })

  t.deepEqual(done, ['stuck', 'bypass statefulset/pay sidecar:1', 'bypass all sidecar:1'])
})

test('a stuck bare pod is named and left alone', async t => {
  const done = await guarded(guard => guard.pods.put(stuckPod({ subject: BARE })), STUCK_FOR_MS)

  t.deepEqual(done, ['stuck', 'bypass pod/debug sidecar:1', 'bypass all sidecar:1', 'WaylayStuck Pod/debug'])
})

test('a pod that stays stuck is recorded once and its deletion tried again', async t => {
  for (const [subject, deletions] of [[OWNED, ['1', '2']], [BARE, []]] as const) {
    let change = (): void => {}
    const deleted: string[] = []
    const done = await guarded(guard => {
      guard.pods.put(stuckPod({ subject }))
      change = () => guard.pods.put(stuckPod({ subject, version: '2' }))
    }, STUCK_FOR_MS, {
      onTrouble: () => change(),
      deletePod: async ({ version }) => {
        deleted.push(version)
        return false
      }
    })
    t.is(done.filter(line => line.startsWith('bypass all')).length, 1)
    t.deepEqual(deleted, deletions)
  }
})

test('trouble of one pod\'s own settings leaves the namespace as it is', async t => {
  const stuck = { container: 'waylay-init', reason: 'CreateContainerConfigError', isCommon: false }
  const done = await guarded(guard => guard.pods.put(stuckPod({ stuck })), STUCK_FOR_MS)

  t.false(done.includes('bypass all sidecar:1'))
  t.true(done.includes('delete pay-0'))
})

test('a pod that is stuck in an earlier image says nothing about the present one', async t => {
  const done = await guarded(guard => guard.pods.put(stuckPod({ image: 'sidecar:0' })), STUCK_FOR_MS)

  t.deepEqual(done.filter(line => line.startsWith('bypass')), ['bypass statefulset/pay sidecar:0', 'bypass all sidecar:0'])
  t.true(done.includes('delete pay-0'))
})
