/** The mode without NET_ADMIN, in namespaces that forbid it: the proxy has the name by which Services find the app. */
import test, { type ExecutionContext } from 'ava'
import { startCaller, type CallerPod } from '../helpers/caller-pod.ts'
import { apply, eventually, getJson, kubectl, tryKubectl } from '../helpers/kube.ts'
import { makeNamespace } from '../helpers/namespace.ts'
import { startProgram } from '../helpers/program.ts'
import { signalProxy } from '../helpers/signal-proxy.ts'
import { startChecked, waylay } from '../helpers/waylay.ts'
import { containerNames, isReady, podTemplate, readyPods, type Pod } from '../helpers/workload.ts'

const MARIA = { 'x-waylay-id': 'maria-12345678' }
const ANNOTATIONS = { 'waylay.dev/mode': 'named-port' }
// As Pod Security "restricted" wants it of everybody.
const RESTRICTED = {
  runAsNonRoot: true,
  runAsUser: 1000,
  allowPrivilegeEscalation: false,
  capabilities: { drop: ['ALL'] },
  seccompProfile: { type: 'RuntimeDefault' }
}

async function makeForbidding (t: ExecutionContext, level: string): Promise<string> {
  const namespace = await makeNamespace(t)
  await kubectl(['label', 'namespace', namespace, `pod-security.kubernetes.io/enforce=${level}`])
  return namespace
}

function templateOf (annotations: Readonly<Record<string, string>>, command?: readonly string[]) {
  const { metadata, spec } = podTemplate({ annotations, ...(command !== undefined && { command }) })
  const containers = spec.containers.map(item => ({ ...item, securityContext: RESTRICTED }))
  return { metadata, spec: { ...spec, containers } }
}

/** A Deployment with a Service that leads to its port by name, and one that does by number. */
async function deploy (namespace: string, command?: readonly string[]): Promise<Pod> {
  const selector = { app: 'app' }
  const service = (name: string, targetPort: string | number): object => ({
    apiVersion: 'v1', kind: 'Service', metadata: { name, namespace }, spec: { selector, ports: [{ port: 80, targetPort }] }
  })
  const template = templateOf(ANNOTATIONS, command)
  await apply(service('by-name', 'http'), service('by-number', 8080))
  // The webhook tells of a Service's number once it knows the Service.
  const metadata = { ...template.metadata, name: 'trial', namespace }
  const trial = JSON.stringify({ apiVersion: 'v1', kind: 'Pod', ...template, metadata })
  await eventually('the webhook knows the Service by number', async () => {
    const { stderr } = await tryKubectl(['create', '--dry-run=server', '-f', '-'], trial)
    return stderr.includes('goes past the proxy: 8080') ? true : undefined
  })
  await apply({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'app', namespace },
    spec: { replicas: 1, selector: { matchLabels: selector }, template }
  })
  const [pod] = await readyPods(namespace, 'app', 1)
  return pod as Pod
}

/** The Service's rules are there a moment after its pods are ready. */
async function untilReached (caller: CallerPod, namespace: string): Promise<void> {
  for (const name of ['by-name', 'by-number']) {
    await eventually(`the Service ${name} leads to the app`, async () =>
      (await caller.request(`http://${name}.${namespace}`)).json.answeredBy === 'app' ? true : undefined)
  }
}

for (const level of ['restricted', 'baseline', 'privileged']) {
  test(`in a namespace at ${level} a Service with a named targetPort diverts marked requests, others pass`, async t => {
    const [namespace, outside] = await Promise.all([makeForbidding(t, level), makeNamespace(t, { inject: false })])
    const pod = await deploy(namespace)
    const caller = await startCaller(t, outside)
    await untilReached(caller, namespace)
    const [byName, byNumber] = ['by-name', 'by-number'].map(name => `http://${name}.${namespace}/x`) as [string, string]
    t.deepEqual(containerNames(pod), ['waylay-proxy', 'app'])

    const [named, numbered] = [await caller.request(byName), await caller.request(byNumber)]
    t.deepEqual([named.json.answeredBy, numbered.json.answeredBy], ['app', 'app'])
    t.true(named.json.peer?.includes(pod.status.podIP ?? '-'), `through the proxy: ${named.json.peer}`)
    t.false(numbered.json.peer?.includes(pod.status.podIP ?? '-'), `past the proxy: ${numbered.json.peer}`)

    const maria = await startProgram(t, 'maria')
    const intercept = await startChecked(t,
      ['app', '-n', namespace, '--port', String(maria.port), '--id', MARIA['x-waylay-id']])
    t.is(intercept.ready['way'], 'proved')
    t.is((await caller.request(byName, MARIA)).json.answeredBy, 'maria')
    t.is((await caller.request(byName)).json.answeredBy, 'app')
    t.is((await caller.request(byNumber, MARIA)).json.answeredBy, 'app')
    await eventually('the developer was told of the mode', async () =>
      /mode named-port.*\(8080\) goes to the app/.test(intercept.stderr()) ? true : undefined)
    const status = await waylay(['status', '-n', namespace])
    t.regex(status.stdout, /^deployment\/app +1\/1 named-port$/m)
    t.log(status.stdout.split('\n').find(line => line.includes('is in the mode')))
    t.is((await intercept.stop()).exitCode, 0)
    t.is((await caller.request(byName, MARIA)).json.answeredBy, 'app')
  })
}

test('doctor says what the mode does not see and proves the way through the Service by name', async t => {
  const namespace = await makeForbidding(t, 'restricted')
  await deploy(namespace)

  const { stdout, exitCode } = await waylay(['doctor', 'app', '-n', namespace])

  t.is(exitCode, 0, stdout)
  t.regex(stdout, /^warn A new pod would be injected only with the annotation waylay\.dev\/mode: named-port/m)
  t.regex(stdout, /^ok {3}Pod \S+ is in the mode named-port: .*\(8080\) goes to the app/m)
  t.regex(stdout, /^ok {3}A marked request to by-name\.\S+ .* was recognised by the proxy of pod /m)
})

test.serial('the probe of a dead app fails, though its name and the proxy live', async t => {
  const namespace = await makeForbidding(t, 'restricted')
  const pod = await deploy(namespace, ['bash', '-c', 'node /fixtures/app.ts & echo $! > /tmp/pid; wait; sleep 3600'])
  const { name } = pod.metadata

  await kubectl(['-n', namespace, 'exec', name, '-c', 'app', '--', 'bash', '-c', 'kill -KILL "$(cat /tmp/pid)"'])

  const after = await eventually('the pod is not ready', async () => {
    const seen = await getJson<Pod>(['-n', namespace, 'pod', name])
    return isReady(seen) ? undefined : seen
  })
  const ready = (list: Pod['status']['containerStatuses'], of: string): unknown =>
    (list?.find(item => item.name === of) as { ready?: boolean } | undefined)?.ready
  t.false(ready(after.status.containerStatuses, 'app'))
  t.true(ready(after.status.initContainerStatuses, 'waylay-proxy'))
})

test.serial('while the proxy is dead its name is closed and the number is not, and it comes back', async t => {
  const [namespace, outside] = await Promise.all([makeForbidding(t, 'restricted'), makeNamespace(t, { inject: false })])
  const pod = await deploy(namespace)
  const caller = await startCaller(t, outside)
  await untilReached(caller, namespace)

  // The supervisor waits longer after each death.
  const closed = await eventually('the name is closed', async () => {
    await signalProxy(namespace, pod.metadata.name, 'KILL')
    const { error } = await caller.request(`http://by-name.${namespace}`)
    return error
  })
  t.log(`while the proxy is dead: ${closed}`)
  t.is((await caller.request(`http://${pod.status.podIP}:8080`)).json.answeredBy, 'app')
  await untilReached(caller, namespace)
})

for (const level of ['restricted', 'baseline']) {
  test(`in a namespace at ${level} a pod without the annotation starts without us, and its maker is told`, async t => {
    const namespace = await makeForbidding(t, level)
    const { metadata, spec } = templateOf({})
    const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { ...metadata, name: 'app', namespace }, spec }

    const { stderr } = await tryKubectl(['create', '-f', '-'], JSON.stringify(pod))

    const [ready] = await readyPods(namespace, 'app', 1)
    t.deepEqual(containerNames(ready as Pod), ['app'])
    t.regex(stderr, new RegExp(`not injected: .*"${level}".*annotate waylay.dev/mode: named-port`))
  })
}
