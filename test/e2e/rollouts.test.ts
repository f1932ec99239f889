import test from 'ava'
import { startCaller } from '../helpers/caller-pod.ts'
import { eventually, getJson, kubectl } from '../helpers/kube.ts'
import { makeNamespace } from '../helpers/namespace.ts'
import { startProgram } from '../helpers/program.ts'
import { metricsOf } from '../helpers/through-proxy.ts'
import { startIntercept } from '../helpers/waylay.ts'
import { deployApp, readyPods, urlOf, type Pod } from '../helpers/workload.ts'

const MARIA = { 'x-waylay-id': 'maria-12345678' }
const REPLICAS = 10
const ROLLOUTS = 10

test.serial('ten rollouts of ten replicas leave no pod out and no session behind', async t => {
  t.timeout(15 * 60_000)
  const namespace = await makeNamespace(t)
  await deployApp(namespace, { replicas: REPLICAS })
  const caller = await startCaller(t, namespace)
  const maria = await startProgram(t, 'maria')
  const intercept = await startIntercept(t,
    ['app', '-n', namespace, '--port', String(maria.port), '--id', MARIA['x-waylay-id']])

  for (let rollout = 0; rollout < ROLLOUTS; rollout++) {
    const startedMs = performance.now()
    await kubectl(['-n', namespace, 'rollout', 'restart', 'deployment/app'])
    await kubectl(['-n', namespace, 'rollout', 'status', 'deployment/app', '--timeout=180s'])
    const pods = await readyPods(namespace, 'app', REPLICAS)
    const rolledMs = performance.now()
    for (const pod of pods) {
      await eventually(`${pod.metadata.name} diverts`, async () =>
        (await caller.request(urlOf(pod), MARIA)).json.answeredBy === 'maria' ? true : undefined)
      t.is((await caller.request(urlOf(pod))).json.answeredBy, 'app')
    }
    const sessions = await Promise.all(pods.map(async pod => (await metricsOf(pod)).get('waylay_sessions')))
    t.deepEqual(sessions, pods.map(() => 1), 'one session on each pod, no more')
    t.log(`rollout ${rollout + 1} took ${Math.round((rolledMs - startedMs) / 100) / 10} s, ` +
      `all pods were seen to divert ${Math.round(performance.now() - rolledMs)} ms later`)
  }
  t.is((await intercept.stop()).exitCode, 0)
  // The command is gone a moment before the proxies have read its farewell.
  for (const pod of await readyPods(namespace, 'app', REPLICAS)) {
    await eventually(`${pod.metadata.name} has no session any more`, async () =>
      (await metricsOf(pod)).get('waylay_sessions') === 0 ? true : undefined)
  }
})

test.serial('an intercept follows scaling, a deleted pod, a drained node and a workload made anew', async t => {
  const namespace = await makeNamespace(t)
  const [first] = await deployApp(namespace) as [Pod]
  const caller = await startCaller(t, namespace)
  const maria = await startProgram(t, 'maria')
  const intercept = await startIntercept(t,
    ['app', '-n', namespace, '--port', String(maria.port), '--id', MARIA['x-waylay-id']])
  const covers = async (what: string, count: number): Promise<readonly Pod[]> => {
    const pods = await readyPods(namespace, 'app', count)
    for (const pod of pods) {
      await eventually(`${pod.metadata.name} diverts ${what}`, async () =>
        (await caller.request(urlOf(pod), MARIA)).json.answeredBy === 'maria' ? true : undefined)
    }
    return pods
  }

  await kubectl(['-n', namespace, 'scale', 'deployment/app', '--replicas=3'])
  await covers('after a scale up', 3)
  await kubectl(['-n', namespace, 'scale', 'deployment/app', '--replicas=1'])
  await covers('after a scale down', 1)
  await kubectl(['-n', namespace, 'scale', 'deployment/app', '--replicas=0'])
  await eventually('no pod is left', async () => {
    const { items } = await getJson<{ items: unknown[] }>(['-n', namespace, 'pods', '-l', 'app=app'])
    return items.length === 0 ? true : undefined
  })
  await kubectl(['-n', namespace, 'scale', 'deployment/app', '--replicas=1'])
  const [again] = await covers('after a scale from zero', 1) as [Pod]
  t.not(again.metadata.name, first.metadata.name)

  await kubectl(['-n', namespace, 'delete', 'pod', again.metadata.name])
  const [next] = await covers('after a deletion', 1) as [Pod]
  t.not(next.metadata.name, again.metadata.name)

  const { items: [node] } = await getJson<{ items: readonly { metadata: { name: string } }[] }>(['nodes'])
  const name = node?.metadata.name ?? ''
  t.teardown(async () => { await kubectl(['uncordon', name]) })
  await kubectl(['drain', name, '--force', '--ignore-daemonsets', '--delete-emptydir-data', '--grace-period=1',
    '--pod-selector=app=app', '--timeout=60s'])
  await kubectl(['uncordon', name])
  const [moved] = await covers('after a drain', 1) as [Pod]
  t.not(moved.metadata.name, next.metadata.name)

  await kubectl(['-n', namespace, 'delete', 'deployment', 'app'])
  await deployApp(namespace)
  await covers('after the workload was made anew', 1)
  t.is((await intercept.stop()).exitCode, 0)
})
