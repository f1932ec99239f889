import test, { type ExecutionContext } from 'ava'
import { eventOn, ourEvents } from '../helpers/events.ts'
import { apply, eventually, getJson, kubectl, tryKubectl } from '../helpers/kube.ts'
import { makeNamespace } from '../helpers/namespace.ts'
import { restartWebhook } from '../helpers/webhook-pods.ts'
import { containerNames, podTemplate, readyPods, type Pod } from '../helpers/workload.ts'

const POLICY = 'waylay-test-no-net-admin'

/** Labelled, and closed to every container with NET_ADMIN by a policy that is none of ours. */
async function makeStrictNamespace (t: ExecutionContext): Promise<string> {
  const namespace = await makeNamespace(t)
  await kubectl(['label', 'namespace', namespace, 'test-no-net-admin=true'])
  await apply({
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingAdmissionPolicy',
    metadata: { name: POLICY },
    spec: {
      failurePolicy: 'Fail',
      matchConstraints: {
        resourceRules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'] }]
      },
      validations: [{
        expression: '!has(object.spec.initContainers) || object.spec.initContainers.all(c, !has(c.securityContext) || ' +
          '!has(c.securityContext.capabilities) || !has(c.securityContext.capabilities.add) || ' +
          '!("NET_ADMIN" in c.securityContext.capabilities.add))',
        message: 'NET_ADMIN is forbidden here'
      }]
    }
  }, {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingAdmissionPolicyBinding',
    metadata: { name: POLICY },
    spec: {
      policyName: POLICY,
      validationActions: ['Deny'],
      matchResources: { namespaceSelector: { matchLabels: { 'test-no-net-admin': 'true' } } }
    }
  })
  await eventually('the policy is in force', async () => {
    const { stderr } = await tryKubectl(['-n', namespace, 'apply', '--dry-run=server', '-f', '-'], barePod('probe'))
    return stderr.includes('NET_ADMIN is forbidden here') ? true : undefined
  })
  return namespace
}

test.after.always(async () => {
  await kubectl(['delete', 'validatingadmissionpolicybinding,validatingadmissionpolicy', POLICY, '--ignore-not-found'])
})

function barePod (name: string): string {
  const { metadata, spec } = podTemplate({ name })
  return JSON.stringify({ apiVersion: 'v1', kind: 'Pod', metadata: { ...metadata, name }, spec })
}

/** Applies, and says how long it took from there to a ready pod. */
async function timeToReady (t: ExecutionContext, namespace: string, app: string, object: object): Promise<Pod> {
  const startedMs = performance.now()
  await apply(object)
  const [pod] = await readyPods(namespace, app, 1)
  t.log(`${app}: ready ${((performance.now() - startedMs) / 1000).toFixed(1)} s after it was applied`)
  return pod as Pod
}

const workload = (kind: string, name: string, namespace: string, more: object = {}): object => ({
  apiVersion: 'apps/v1',
  kind,
  metadata: { name, namespace },
  spec: { selector: { matchLabels: { app: name } }, template: podTemplate({ name }), ...more }
})

test.serial('where a policy refuses our pods the app starts all the same and its owner says why', async t => {
  const namespace = await makeStrictNamespace(t)
  const job = podTemplate({ name: 'batch' })

  const pods = await Promise.all([
    timeToReady(t, namespace, 'deployed', workload('Deployment', 'deployed', namespace)),
    timeToReady(t, namespace, 'stateful', workload('StatefulSet', 'stateful', namespace, { serviceName: 'stateful' })),
    timeToReady(t, namespace, 'daemon', workload('DaemonSet', 'daemon', namespace)),
    timeToReady(t, namespace, 'batch', {
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: { name: 'batch', namespace },
      spec: { template: { metadata: job.metadata, spec: { ...job.spec, restartPolicy: 'Never' } } }
    })
  ])

  for (const pod of pods) t.deepEqual(containerNames(pod), ['app'])
  const owners = [['ReplicaSet', 'deployed'], ['StatefulSet', 'stateful'], ['DaemonSet', 'daemon'], ['Job', 'batch']] as const
  for (const [kind, name] of owners) {
    t.regex((await eventOn(namespace, 'WaylayBypassed', kind, name)).message, /refused with waylay's containers/)
  }
  const { data } = await getJson<{ data: { bypasses: string } }>(['-n', 'waylay-system', 'configmap', 'waylay-bypass'])
  for (const name of ['deployment/deployed', 'statefulset/stateful', 'daemonset/daemon', 'job/batch']) {
    t.true(data.bypasses.split('\n').some(line => line.includes(namespace) && line.includes(`"${name}"`)), name)
  }
})

test.serial('the second try of a bare pod that was refused goes through with a warning', async t => {
  const namespace = await makeStrictNamespace(t)
  const first = await tryKubectl(['-n', namespace, 'create', '-f', '-'], barePod('bare'))
  t.regex(first.stderr, /NET_ADMIN is forbidden here/)
  const startedMs = performance.now()

  const second = await eventually('the pod is created', async () => {
    const ran = await tryKubectl(['-n', namespace, 'create', '-f', '-'], barePod('bare'))
    return ran.exitCode === 0 ? ran : undefined
  })

  t.log(`the next try went through ${((performance.now() - startedMs) / 1000).toFixed(1)} s after the refusal`)
  t.regex(second.stderr, /Warning: waylay: this pod is not injected: .*refused.* until 20/)
  t.deepEqual(containerNames(await getJson<Pod>(['-n', namespace, 'pod', 'bare'])), ['app'])
  t.is((await eventOn(namespace, 'WaylayBypassed', 'Pod', 'bare')).involvedObject.name, 'bare')

  await restartWebhook()
  await kubectl(['-n', namespace, 'delete', 'pod', 'bare', '--grace-period=1'])
  const restarted = await tryKubectl(['-n', namespace, 'create', '-f', '-'], barePod('bare'))
  t.regex(restarted.stderr, /Warning: waylay: this pod is not injected: .*refused/, 'other replicas know it too')

  const again = await tryKubectl(['-n', namespace, 'create', '-f', '-'], barePod('bare'))
  t.regex(again.stderr, /already exists/)
})

test.serial('dry runs leave neither an Event nor a record', async t => {
  const namespace = await makeStrictNamespace(t)
  for (const name of ['one', 'two']) {
    const { stderr } = await tryKubectl(['-n', namespace, 'create', '--dry-run=server', '-f', '-'], barePod(name))
    t.regex(stderr, /NET_ADMIN is forbidden here/)
  }
  const object = JSON.stringify({
    apiVersion: 'v1', kind: 'Pod', metadata: { name: 'host' }, spec: { ...podTemplate().spec, hostNetwork: true }
  })
  const { stderr } = await tryKubectl(['-n', namespace, 'create', '--dry-run=server', '-f', '-'], object)
  t.regex(stderr, /Warning: waylay: this pod is not injected/)
  await new Promise(resolve => setTimeout(resolve, 3000))

  const third = await tryKubectl(['-n', namespace, 'create', '--dry-run=server', '-f', '-'], barePod('one'))
  t.regex(third.stderr, /NET_ADMIN is forbidden here/)
  t.deepEqual(await ourEvents(namespace), [])
  const { stdout } = await tryKubectl(['-n', 'waylay-system', 'get', 'configmap', 'waylay-bypass', '-o', 'yaml'])
  t.false(stdout.includes(namespace))
})

test.serial('a quota that has no room for our containers keeps no app from starting', async t => {
  const namespace = await makeNamespace(t)
  await apply({
    apiVersion: 'v1',
    kind: 'ResourceQuota',
    metadata: { name: 'tight', namespace },
    spec: { hard: { 'requests.cpu': '20m', 'requests.memory': '100Mi', 'limits.memory': '128Mi' } }
  })
  await eventually('the quota counts', async () => {
    const { status } = await getJson<{ status?: { hard?: object } }>(['-n', namespace, 'resourcequota', 'tight'])
    return status?.hard === undefined ? undefined : true
  })
  const { metadata, spec } = podTemplate({ name: 'tight' })
  const resources = { requests: { cpu: '15m', memory: '80Mi' }, limits: { memory: '120Mi' } }
  const containers = spec.containers.map(container => ({ ...container, resources }))
  const template = { metadata, spec: { ...spec, containers } }

  const pod = await timeToReady(t, namespace, 'tight', workload('Deployment', 'tight', namespace, { template }))

  t.deepEqual(containerNames(pod), ['app'])
  const { message } = await Promise.any(['WaylayBypassed', 'WaylayNotInjected'].map(reason =>
    eventOn(namespace, reason, 'ReplicaSet', 'tight')))
  t.log(message)
})
