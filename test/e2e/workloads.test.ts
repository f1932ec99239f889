import test, { type ExecutionContext } from 'ava'
import { startCaller, type CallerPod } from '../helpers/caller-pod.ts'
import { apply, eventually, getJson, kubectl } from '../helpers/kube.ts'
import { makeNamespace } from '../helpers/namespace.ts'
import { startProgram, type Program } from '../helpers/program.ts'
import { startIntercept, waylay } from '../helpers/waylay.ts'
import { deployApp, podTemplate, readyPods, urlOf } from '../helpers/workload.ts'

const ID = 'maria-12345678'
const MARIA = { 'x-waylay-id': ID }

type Scene = { readonly namespace: string, readonly caller: CallerPod, readonly maria: Program }

async function setScene (t: ExecutionContext): Promise<Scene> {
  const namespace = await makeNamespace(t)
  return { namespace, caller: await startCaller(t, namespace), maria: await startProgram(t, 'maria') }
}

/** Intercepts by that name; every pod of the app must divert marked requests and pass others; then ends it. */
async function intercepts (
  t: ExecutionContext, { namespace, caller, maria }: Scene, typed: string, app: string, pods: number, workload: string
): Promise<void> {
  const ready = await readyPods(namespace, app, pods)
  const intercept = await startIntercept(t, [typed, '-n', namespace, '--id', ID, '--port', String(maria.port)])
  t.like(intercept.ready, { workload, pods, port: 8080 })
  for (const pod of ready) {
    t.is((await caller.request(urlOf(pod), MARIA)).json.answeredBy, 'maria', `${typed} ${pod.metadata.name}`)
    t.is((await caller.request(urlOf(pod))).json.answeredBy, 'app')
  }
  t.is((await intercept.stop()).exitCode, 0)
}

const workload = (kind: string, name: string, namespace: string, more: object = {}): object => ({
  apiVersion: 'apps/v1',
  kind,
  metadata: { name, namespace },
  spec: { selector: { matchLabels: { app: name } }, template: podTemplate({ name }), ...more }
})

test('StatefulSet, DaemonSet, ReplicaSet, Job and bare pod are intercepted by kind and name', async t => {
  const scene = await setScene(t)
  const { namespace } = scene
  const { metadata, spec } = podTemplate({ name: 'bare' })
  await apply(
    workload('StatefulSet', 'stateful', namespace, { replicas: 2, serviceName: 'stateful', podManagementPolicy: 'Parallel' }),
    workload('DaemonSet', 'daemon', namespace),
    workload('ReplicaSet', 'replicas', namespace, { replicas: 2 }),
    { apiVersion: 'v1', kind: 'Pod', metadata: { ...metadata, name: 'bare', namespace }, spec },
    {
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: { name: 'batch', namespace },
      spec: { template: { metadata: { labels: { app: 'batch' } }, spec: { ...podTemplate({ name: 'batch' }).spec, restartPolicy: 'Never' } } }
    }
  )

  await intercepts(t, scene, 'sts/stateful', 'stateful', 2, 'statefulset/stateful')
  await intercepts(t, scene, 'daemonset/daemon', 'daemon', 1, 'daemonset/daemon')
  await intercepts(t, scene, 'replicas', 'replicas', 2, 'replicaset/replicas')
  await intercepts(t, scene, 'pod/bare', 'bare', 1, 'pod/bare')
  await intercepts(t, scene, 'job/batch', 'batch', 1, 'job/batch')
})

const GROUP = 'e2e.waylay.test'

async function makeGadget (t: ExecutionContext, namespace: string): Promise<object> {
  const name = `gadgets.${GROUP}`
  await apply({
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name },
    spec: {
      group: GROUP,
      scope: 'Namespaced',
      names: { kind: 'Gadget', plural: 'gadgets', singular: 'gadget' },
      versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } }]
    }
  })
  t.teardown(async () => { await kubectl(['delete', 'crd', name, '--wait=false']) })
  await kubectl(['wait', '--for=condition=Established', `crd/${name}`, '--timeout=60s'])
  const gadget = { apiVersion: `${GROUP}/v1`, kind: 'Gadget', metadata: { name: 'pay', namespace } }
  await eventually('the new kind can be made', async () => {
    await apply(gadget)
    return true
  })
  const { metadata: { uid } } = await getJson<{ metadata: { uid: string } }>(['-n', namespace, `gadgets.${GROUP}`, 'pay'])
  return { apiVersion: `${GROUP}/v1`, kind: 'Gadget', name: 'pay', uid, controller: true }
}

test('pods and ReplicaSets of a controller that nobody knows are intercepted by its name and its Service', async t => {
  const scene = await setScene(t)
  const { namespace } = scene
  const ownerReferences = [await makeGadget(t, namespace)]
  const { metadata, spec } = podTemplate({ name: 'gadget' })
  await apply(
    { apiVersion: 'v1', kind: 'Pod', metadata: { ...metadata, name: 'gadget-1', namespace, ownerReferences }, spec },
    { apiVersion: 'v1', kind: 'Service', metadata: { name: 'gadget', namespace }, spec: { selector: { app: 'gadget' }, ports: [{ port: 80, targetPort: 'http' }] } }
  )
  await intercepts(t, scene, 'gadget/pay', 'gadget', 1, 'gadget/pay')
  await intercepts(t, scene, `gadgets.${GROUP}/pay`, 'gadget', 1, 'gadget/pay')
  await intercepts(t, scene, 'service/gadget', 'gadget', 1, 'gadget/pay')

  await kubectl(['-n', namespace, 'delete', 'pod', 'gadget-1', '--wait=true'])
  const set = workload('ReplicaSet', 'pay-1', namespace, { replicas: 1 }) as { metadata: object }
  await apply({ ...set, metadata: { ...set.metadata, ownerReferences } })
  await intercepts(t, scene, 'gadget/pay', 'pay-1', 1, 'replicaset/pay-1')
})

test('a Service with two workloads behind it is intercepted in both', async t => {
  const scene = await setScene(t)
  const { namespace, caller, maria } = scene
  const color = (name: string): object => {
    const template = podTemplate({ name })
    const labels = { app: name, tier: 'web' }
    return workload('Deployment', name, namespace, { template: { ...template, metadata: { labels } } })
  }
  await apply(color('blue'), color('green'), {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'web', namespace },
    spec: { selector: { tier: 'web' }, ports: [{ name: 'web', port: 80, targetPort: 'http' }] }
  })
  const pods = [...await readyPods(namespace, 'blue', 1), ...await readyPods(namespace, 'green', 1)]

  const intercept = await startIntercept(t, ['service/web', '-n', namespace, '--id', ID, '--port', `${maria.port}:web`])
  for (const pod of pods) t.is((await caller.request(urlOf(pod), MARIA)).json.answeredBy, 'maria')
  for (let count = 0; count < 10; count += 1) {
    t.is((await caller.request(`http://web.${namespace}`, MARIA)).json.answeredBy, 'maria')
    t.is((await caller.request(`http://web.${namespace}`)).json.answeredBy, 'app')
  }
  const { stdout } = await waylay(['list', '-n', namespace, '--output', 'json'])
  const { intercepts: listed } = JSON.parse(stdout) as { intercepts: { workload: string, state: string }[] }
  t.deepEqual(listed.map(item => `${item.workload} ${item.state}`), ['deployment/blue live', 'deployment/green live'])

  const left = await waylay(['leave', 'service/web', '-n', namespace])

  t.is(left.exitCode, 0, left.stderr)
  t.is(left.stdout.trim().split('\n').length, 2)
  t.is(await intercept.ended, 6)

  // A Service that names a number before the pod is made would have had it redirected.
  await kubectl(['-n', namespace, 'patch', 'service', 'web', '--type=json', '-p',
    JSON.stringify([{ op: 'add', path: '/spec/ports/-', value: { name: 'other', port: 81, targetPort: 9999 } }])])
  const undeclared = await waylay(['intercept', 'service/web', '-n', namespace, '--port', `${maria.port}:other`])
  t.is(undeclared.exitCode, 5)
  t.regex(undeclared.stderr, /has no port 9999; its ports: 8080 \(http\)\n {2}Try: +Name one of them: .*: kubectl -n \S+ patch deployment\/\S+ .*"waylay.dev\/ports":"8080,9999"/)
})

test('an undeclared port is intercepted once the printed annotation is added, and UDP is refused', async t => {
  const { namespace, maria } = await setScene(t)
  await deployApp(namespace)
  const args = ['app', '-n', namespace, '--id', ID, '--port']

  const refused = await waylay(['intercept', ...args, `${maria.port}:9090`])
  t.is(refused.exitCode, 5)
  const [, command = ''] = /Try: .*: kubectl (.*)$/m.exec(refused.stderr) ?? []
  const [, before = '', patch = ''] = /^(.*) '(.*)'$/.exec(command) ?? []
  await kubectl([...before.split(' '), patch])
  await kubectl(['-n', namespace, 'rollout', 'status', 'deployment/app', '--timeout=90s'])
  await readyPods(namespace, 'app', 1)
  const intercept = await startIntercept(t, [...args, `${maria.port}:9090`])
  t.is(intercept.ready['port'], 9090)
  await intercept.stop()

  await apply({ apiVersion: 'v1', kind: 'Service', metadata: { name: 'dns', namespace }, spec: { selector: { app: 'app' }, ports: [{ port: 53, protocol: 'UDP' }, { port: 80, name: 'web', targetPort: 8080 }].map((port, index) => ({ name: `p${index}`, ...port })) } })
  const udp = await waylay(['intercept', 'service/dns', '-n', namespace, '--port', `${maria.port}:53`])
  t.is(udp.exitCode, 5)
  t.regex(udp.stderr, /carries UDP on port 53, and only TCP can be diverted[^]*WAYLAY_PORT_NOT_TCP/)
})
