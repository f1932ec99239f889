import test from 'ava'
import type { Pod } from '../../../../cli/cluster/pods.ts'
import { describeWaiting, isReady, troubleOf } from '../../../../cli/ephemeral/up/pod-trouble.ts'

const podWith = (status: object): Pod => ({ metadata: { name: 'pay-1', namespace: 'shop', uid: 'u' }, status })
const withContainer = (container: object): Pod => podWith({ containerStatuses: [{ name: 'app', ...container }] })
const waiting = (reason: string, message = ''): object => ({ state: { waiting: { reason, message } } })

test('an image that cannot be pulled is told with what the kubelet says', t => {
  const trouble = troubleOf(withContainer(waiting('ImagePullBackOff', 'Back-off pulling image "nope:1"')))

  t.like(trouble, { pod: 'pay-1', patienceMs: 0, container: undefined })
  t.regex(trouble?.text ?? '', /container app of pay-1 cannot start: ImagePullBackOff: Back-off pulling image "nope:1"/)
})

test('a container that crashes again and again is told with its last end', t => {
  const crash = (terminated: object): Pod => withContainer({
    ...waiting('CrashLoopBackOff'), restartCount: 1, lastState: { terminated }
  })

  t.regex(troubleOf(crash({ exitCode: 3, reason: 'Error' }))?.text ?? '', /ended with 3, 2 times by now/)
  t.regex(troubleOf(crash({ exitCode: 137, reason: 'OOMKilled' }))?.text ?? '', /ended with 137 \(OOMKilled\)/)
  t.regex(troubleOf(crash({ exitCode: 0 }))?.text ?? '', /ends at once, as if it were done/)
  t.is(troubleOf(crash({ exitCode: 3 }))?.container, 'app')
})

test('a Secret that is missing is waited for a moment, a node for longer', t => {
  t.is(troubleOf(withContainer(waiting('CreateContainerConfigError', 'secret "x" not found')))?.patienceMs, 5000)
  const conditions = [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: '0/1 nodes' }]
  const trouble = troubleOf(podWith({ phase: 'Pending', conditions }))
  t.is(trouble?.patienceMs, 30_000)
  t.regex(trouble?.text ?? '', /finds no node: 0\/1 nodes/)
})

test('what takes its time is no trouble, nor is what waylay puts into pods', t => {
  t.is(troubleOf(withContainer(waiting('ContainerCreating'))), undefined)
  t.is(troubleOf(withContainer(waiting('PodInitializing'))), undefined)
  t.is(troubleOf(withContainer({ state: { terminated: { exitCode: 1 } } })), undefined, 'it is started again')
  t.is(troubleOf(podWith({ initContainerStatuses: [{ name: 'waylay-propagate', ...waiting('ImagePullBackOff') }] })), undefined)
  t.is(describeWaiting(withContainer(waiting('ContainerCreating'))), 'pay-1: container app is ContainerCreating')
})

test('a pod that failed or runs without being ready says so', t => {
  t.is(troubleOf(podWith({ phase: 'Failed', reason: 'Evicted', message: 'no disk' }))?.text, 'pay-1: Evicted: no disk')
  const unready = podWith({ phase: 'Running', conditions: [{ type: 'ContainersReady', status: 'False', message: 'unready [app]' }] })
  t.is(describeWaiting(unready), 'pay-1 runs, but is not ready: unready [app]')
  t.false(isReady(unready))
  t.true(isReady(podWith({ conditions: [{ type: 'Ready', status: 'True' }] })))
})
