import test from 'ava'
import { stuckIn, type StuckStatus } from '../../../webhook/bypass/stuck.ts'
import { createStuckPods, STUCK_FOR_MS, type InjectedPod } from '../../../webhook/bypass/stuck-pods.ts'
import { subjectOf } from '../../../webhook/subject.ts'

type Statuses = NonNullable<StuckStatus['initContainerStatuses']>
const DONE: Statuses[number] = { name: 'waylay-init', state: { terminated: { exitCode: 0, reason: 'Completed' } } }
const WAITING: Statuses[number] = { name: 'waylay-proxy', state: { waiting: { reason: 'PodInitializing' } } }
const waiting = (name: string, reason: string): Statuses[number] => ({ name, state: { waiting: { reason } } })
const failed = { terminated: { exitCode: 139, reason: 'Error' } }

const stuck: Record<string, readonly [Statuses, object]> = {
  'an image that cannot be pulled': [[waiting('waylay-init', 'ErrImagePull'), WAITING],
    { container: 'waylay-init', reason: 'ErrImagePull', isCommon: true }],
  'an image whose pull is put off': [[waiting('waylay-init', 'ImagePullBackOff')], { isCommon: true }],
  'settings that the kubelet refuses': [[waiting('waylay-init', 'CreateContainerConfigError')], { isCommon: false }],
  'an init container that crashes': [[{ name: 'waylay-init', state: failed }], { reason: 'Error', isCommon: true }],
  'an init container between two crashes': [[{ name: 'waylay-init', state: { running: {} }, lastState: failed }],
    { container: 'waylay-init' }],
  'the image of the instrumentation': [[DONE, waiting('waylay-propagate', 'ImagePullBackOff'), WAITING],
    { container: 'waylay-propagate', isCommon: true }],
  'a proxy that cannot start': [[DONE, waiting('waylay-proxy', 'RunContainerError')], { container: 'waylay-proxy' }]
}
for (const [name, [initContainerStatuses, found]] of Object.entries(stuck)) {
  test(`a pod is stuck in ours by ${name}`, t => {
    t.like(stuckIn({ initContainerStatuses }), found)
  })
}

const fine: Record<string, StuckStatus> = {
  'a pod without a status': {},
  'a pod whose turn comes': { initContainerStatuses: [waiting('waylay-init', 'PodInitializing'), WAITING] },
  'a pod that is being made': { initContainerStatuses: [waiting('waylay-init', 'ContainerCreating')] },
  'an app\'s init container that fails': {
    initContainerStatuses: [DONE, { name: 'waylay-proxy', started: true, state: { running: {} } }, waiting('migrate', 'ErrImagePull')]
  },
  'a proxy that was started and died': {
    initContainerStatuses: [DONE, { ...waiting('waylay-proxy', 'CrashLoopBackOff'), started: true }]
  },
  'a pod that has failed meanwhile': { phase: 'Failed', initContainerStatuses: [waiting('waylay-init', 'ErrImagePull')] },
  'a pod that has ended': { phase: 'Succeeded', initContainerStatuses: [{ name: 'waylay-init', state: failed }] },
  'a pod whose app runs': {
    conditions: [{ type: 'Initialized', status: 'True' }],
    initContainerStatuses: [DONE, waiting('waylay-proxy', 'CrashLoopBackOff')]
  }
}
for (const [name, status] of Object.entries(fine)) {
  test(`${name} is not stuck in ours`, t => {
    t.is(stuckIn(status), undefined)
  })
}

const HEALTHY: InjectedPod = {
  uid: 'u1',
  version: '1',
  name: 'pay-1',
  id: 'a',
  subject: subjectOf({ name: 'pay-1' }, 'shop'),
  image: 'sidecar:1',
  isDeleting: false
}

function aPod (parts: Partial<InjectedPod> = {}): InjectedPod {
  return { ...HEALTHY, stuck: { container: 'waylay-init', reason: 'ErrImagePull', isCommon: true }, ...parts }
}

test('a pod is named for the first time once, though it came through between', t => {
  let nowMs = 0
  const pods = createStuckPods(() => nowMs)
  const due = (pod: InjectedPod): readonly boolean[] => {
    pods.put(pod)
    nowMs += STUCK_FOR_MS
    return pods.takeDue().map(({ isFirst }) => isFirst)
  }
  t.deepEqual(due(aPod()), [true])
  t.deepEqual(due(aPod({ version: '2' })), [false])
  t.deepEqual(due(HEALTHY), [])
  t.deepEqual(due(aPod({ version: '5' })), [false])
  pods.remove('u1')
  t.deepEqual(due(aPod({ version: '6' })), [true])
})

test('a pod is due after twenty seconds, once for each of its versions', t => {
  let nowMs = 0
  const pods = createStuckPods(() => nowMs)
  pods.put(aPod())
  nowMs = STUCK_FOR_MS - 1
  pods.put(aPod({ version: '2' }))
  t.deepEqual(pods.takeDue(), [])
  nowMs = STUCK_FOR_MS

  t.deepEqual(pods.takeDue().map(({ version }) => version), ['2'])
  t.deepEqual(pods.takeDue(), [])
  pods.put(aPod({ version: '3' }))
  t.deepEqual(pods.takeDue().map(({ version }) => version), ['3'])
})

const gone: Record<string, (pods: ReturnType<typeof createStuckPods>) => void> = {
  'one that came through': pods => pods.put(HEALTHY),
  'one that is being deleted': pods => pods.put(aPod({ isDeleting: true })),
  'one that is gone': pods => pods.remove('u1'),
  'one that a new list does not have': pods => pods.reset([aPod({ uid: 'u2' })])
}
for (const [name, act] of Object.entries(gone)) {
  test(`${name} is forgotten`, t => {
    let nowMs = 0
    const pods = createStuckPods(() => nowMs)
    pods.put(aPod())
    nowMs = STUCK_FOR_MS
    act(pods)

    t.deepEqual(pods.takeDue(), [])
  })
}
