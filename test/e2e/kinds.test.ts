/** The same pod, made by every kind of controller and by hand; all of them call one Service. */
import test, { type ExecutionContext } from 'ava'
import { startCaller } from '../helpers/caller-pod.ts'
import { apply, eventually, getJson, kubectl, tryKubectl } from '../helpers/kube.ts'
import { makeNamespace } from '../helpers/namespace.ts'
import { throughProxy } from '../helpers/through-proxy.ts'
import { containerNames, deployApp, FIXTURES_IMAGE, readyPods, urlOf, type Pod } from '../helpers/workload.ts'

const INJECTED = ['waylay-init', 'waylay-proxy', 'before', 'app']
/** A call that fails is made again: nothing else would, in a Job without retries. */
const FETCH = `
const call = () => fetch("http://app/").catch(() => new Promise(resolve => setTimeout(resolve, 200)).then(call))
`
/** What the app's init container prints when its network is there, before the app starts. */
const CALL = `${FETCH}call().then(answer => answer.json()).then(({ answeredBy }) => console.log("called " + answeredBy))`
/** An app of a Job: listens, calls itself by the pod's address as a caller would, and ends. */
const SHORT_APP = `${FETCH}
const server = require("node:http").createServer((_, response) => response.end("short")).listen(8080, () =>
  call().then(answer => answer.json()).then(({ answeredBy }) => {
    console.log("the job called " + answeredBy)
    server.close()
  }))`

function template (name: string, command: readonly string[] = ['node', '/fixtures/app.ts']) {
  return {
    metadata: { labels: { app: name } },
    spec: {
      terminationGracePeriodSeconds: 2,
      initContainers: [{ name: 'before', image: FIXTURES_IMAGE, command: ['node', '-e', CALL] }],
      containers: [{
        name: 'app',
        image: FIXTURES_IMAGE,
        command,
        env: [{ name: 'NAME', value: name }],
        ports: [{ name: 'http', containerPort: 8080 }]
      }]
    }
  }
}

function controller (kind: string, name: string, namespace: string): object {
  return {
    apiVersion: 'apps/v1',
    kind,
    metadata: { name, namespace },
    spec: {
      selector: { matchLabels: { app: name } },
      ...(kind === 'StatefulSet' && { serviceName: 'app' }),
      template: template(name)
    }
  }
}

function job (command: readonly string[], name: string) {
  const { metadata, spec } = template(name, command)
  return { backoffLimit: 0, template: { metadata, spec: { ...spec, restartPolicy: 'Never' } } }
}

test('pods of every kind of controller are injected and work, and jobs complete', async t => {
  const namespace = await makeNamespace(t)
  await deployApp(namespace)
  const caller = await startCaller(t, namespace)
  const short = ['node', '-e', SHORT_APP]
  await apply(
    ...['Deployment', 'StatefulSet', 'DaemonSet'].map(kind => controller(kind, kind.toLowerCase(), namespace)),
    { apiVersion: 'v1', kind: 'Pod', ...withMeta(template('by-hand'), 'by-hand', namespace) },
    { apiVersion: 'batch/v1', kind: 'Job', metadata: { name: 'job', namespace }, spec: job(short, 'job') },
    {
      apiVersion: 'batch/v1',
      kind: 'CronJob',
      metadata: { name: 'cron', namespace },
      spec: { schedule: '* * * * *', concurrencyPolicy: 'Forbid', jobTemplate: { spec: job(short, 'cron') } }
    }
  )

  for (const name of ['deployment', 'statefulset', 'daemonset', 'by-hand']) {
    const [pod] = await readyPods(namespace, name, 1) as [Pod]
    t.deepEqual(containerNames(pod), INJECTED, name)
    await throughProxy(pod)
    t.is((await caller.request(urlOf(pod))).json.answeredBy, name)
    await choosesTheApp(t, namespace, pod, name)
    t.is(await log(namespace, pod, 'before'), 'called app', `${name}: the init container had its network`)
  }
  for (const name of ['job', 'cron']) {
    const pod = await completed(namespace, name)
    t.deepEqual(containerNames(pod), INJECTED, name)
    t.is(await log(namespace, pod), 'the job called app')
  }
  await eventually('both jobs are complete', async () => {
    const { items } = await getJson<{ items: readonly Job[] }>(['-n', namespace, 'jobs'])
    const done = items.filter(({ status }) => status.succeeded === 1).map(({ metadata }) => metadata.name)
    return ['job', 'cron'].every(name => done.some(other => other.startsWith(name))) ? true : undefined
  })
})

test('a pod on the node\'s network comes back as it was sent, with a warning', async t => {
  const [labelled, plain] = await Promise.all([makeNamespace(t), makeNamespace(t, { inject: false })])
  const { metadata, spec } = template('app')
  const text = JSON.stringify({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { ...metadata, name: 'app' },
    // A token's volume would have a name of its own in each answer.
    spec: { ...spec, hostNetwork: true, automountServiceAccountToken: false }
  })
  const create = async (namespace: string) => await eventually('the pod is accepted', async () => {
    const answer = await tryKubectl(['-n', namespace, 'create', '--dry-run=server', '-o', 'json', '-f', '-'], text)
    return answer.exitCode === 0 ? answer : undefined
  })

  const [here, there] = [await create(labelled), await create(plain)]

  t.is(essence(here.stdout, labelled), essence(there.stdout, plain))
  t.regex(here.stderr, /Warning: waylay: this pod is not injected: it uses the node's network \(hostNetwork\)/)
  t.is(there.stderr, '')
})

test('kubectl diff and a server-side dry run leave no trace', async t => {
  const namespace = await makeNamespace(t)
  // An Event of a probe that was late would be a trace, though not of ours.
  await deployApp(namespace, { probe: null })
  const refused = template('app')
  const pods = [
    { apiVersion: 'v1', kind: 'Pod', ...withMeta(template('trial'), 'trial', namespace) },
    {
      apiVersion: 'v1',
      kind: 'Pod',
      ...withMeta({ ...refused, spec: { ...refused.spec, hostNetwork: true } }, 'skipped', namespace)
    }
  ]
  const before = await settled(namespace)

  for (const pod of pods) {
    const text = JSON.stringify(pod)
    await kubectl(['create', '--dry-run=server', '-f', '-'], text)
    await kubectl(['apply', '--dry-run=server', '-f', '-'], text)
    await kubectl(['apply', '--server-side', '--dry-run=server', '-f', '-'], text)
    t.is((await tryKubectl(['diff', '-f', '-'], text)).exitCode, 1, 'there is a difference to show')
  }

  // What is written beside the answer is written within this time.
  await new Promise(resolve => setTimeout(resolve, 6000))
  t.deepEqual(await everythingIn(namespace), before)
})

type Template = { readonly metadata: object, readonly spec: object }

function withMeta ({ metadata, spec }: Template, name: string, namespace: string) {
  return { metadata: { ...metadata, name, namespace }, spec }
}

/** Whether kubectl means the app's container when nobody names one. */
async function choosesTheApp (t: ExecutionContext, namespace: string, pod: Pod, name: string): Promise<void> {
  const exec = await tryKubectl(['-n', namespace, 'exec', pod.metadata.name, '--', 'node', '-p', 'process.env.NAME'])
  t.is(exec.stdout.trim(), name)
  const logs = await tryKubectl(['-n', namespace, 'logs', pod.metadata.name])
  t.is(logs.exitCode, 0)
  t.notRegex(logs.stdout, /waylay/)
}

async function log (namespace: string, pod: Pod, container?: string): Promise<string> {
  const chosen = container === undefined ? [] : ['-c', container]
  return (await kubectl(['-n', namespace, 'logs', pod.metadata.name, ...chosen])).trim()
}

type Job = { readonly metadata: { readonly name: string }, readonly status: { readonly succeeded?: number } }

/** The first pod of an app that has ended well. A CronJob starts its first within a minute. */
async function completed (namespace: string, app: string): Promise<Pod> {
  return await eventually(`a pod of ${app} has completed`, async () => {
    const { items } = await getJson<{ items: readonly (Pod & { status: { phase?: string } })[] }>(
      ['-n', namespace, 'pods', '-l', `app=${app}`])
    return items.find(({ status }) => status.phase === 'Succeeded')
  }, { timeoutMs: 120_000 })
}

/** A pod without what every creation makes anew. */
function essence (text: string, namespace: string): string {
  const pod = JSON.parse(text.replaceAll(namespace, '(namespace)')) as { metadata: object }
  const metadata = { ...pod.metadata, uid: undefined, creationTimestamp: undefined }
  return JSON.stringify({ ...pod, metadata }, undefined, 2)
}

/** Everything, once nobody writes any more: a Deployment that has come up is told of for a while. */
async function settled (namespace: string): Promise<readonly string[]> {
  return await eventually('nothing in the namespace changes any more', async () => {
    const before = await everythingIn(namespace)
    await new Promise(resolve => setTimeout(resolve, 3000))
    const after = await everythingIn(namespace)
    return after.join() === before.join() ? after : undefined
  })
}

/** Name and version of all that lists show, Events too. */
async function everythingIn (namespace: string): Promise<readonly string[]> {
  const kinds = 'all,events,configmaps,secrets,serviceaccounts,leases.coordination.k8s.io,endpointslices,' +
    'intercepts.waylay.dev'
  const columns = 'custom-columns=KIND:.kind,NAME:.metadata.name,VERSION:.metadata.resourceVersion'
  return (await kubectl(['-n', namespace, 'get', kinds, '-o', columns, '--no-headers'])).split('\n').sort()
}
