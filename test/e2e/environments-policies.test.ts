import { isDeepStrictEqual } from 'node:util'
import test from 'ava'
import { startCaller, type CallerPod, type Headers } from '../helpers/caller-pod.ts'
import { allGone, envUp } from '../helpers/environments.ts'
import { apply, eventually, getJson, theCluster } from '../helpers/kube.ts'
import { mountProgram } from '../helpers/mounted-program.ts'
import { makeNamespace } from '../helpers/namespace.ts'
import { waylay } from '../helpers/waylay.ts'
import { deployApp, urlOf } from '../helpers/workload.ts'

const DNS = { ports: ['UDP', 'TCP'].map(protocol => ({ protocol, port: 53 })) }
const HTTP = [{ protocol: 'TCP', port: 8080 }]
const app = (name: string) => ({ podSelector: { matchLabels: { app: name } } })

/** Nobody may anything, but the caller call the app, and the app its database. */
const POLICIES = {
  closed: { podSelector: {}, policyTypes: ['Ingress', 'Egress'] },
  caller: { ...app('caller'), policyTypes: ['Egress'], egress: [{ to: [app('app')], ports: HTTP }] },
  app: {
    ...app('app'),
    policyTypes: ['Ingress', 'Egress'],
    ingress: [{ from: [app('caller')], ports: HTTP }],
    egress: [{ to: [app('database')], ports: HTTP }, DNS]
  },
  database: { ...app('database'), policyTypes: ['Ingress'], ingress: [{ from: [app('app')], ports: HTTP }] }
}

async function policyNames (namespace: string): Promise<readonly string[]> {
  const { items } = await getJson<{ items: readonly { metadata: { name: string } }[] }>(['-n', namespace, 'networkpolicies'])
  return items.map(({ metadata }) => metadata.name).sort()
}

async function ask (caller: CallerPod, url: string, headers: Headers = {}): Promise<unknown> {
  const { status, body, error } = await caller.request(url, headers)
  return error ?? (status === 200 ? JSON.parse(body) : { status, body })
}

test('in a closed namespace a copy reaches what its original does, and is reached as it is', async t => {
  t.teardown(await (await theCluster()).keepToPolicies())
  const namespace = await makeNamespace(t)
  const program = await mountProgram(namespace, 'database-app.ts')
  const [[database], caller] = await Promise.all([deployApp(namespace, { name: 'database' }), startCaller(t, namespace)])
  const env = [{ name: 'NAME', value: 'original' }, { name: 'DATABASE', value: 'database:80' }]
  const [pod] = await deployApp(namespace, { program, env })
  if (pod === undefined || database === undefined) throw new Error('there is no pod')
  t.is(await caller.dial(database.status.podIP ?? '', 8080), 'connected', 'before there are policies')

  await apply(...Object.entries(POLICIES).map(([name, spec]) =>
    ({ apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', metadata: { name, namespace }, spec })))
  const refused = await eventually('the policies are kept to', async () => {
    const outcome = await caller.dial(database.status.podIP ?? '', 8080)
    return outcome === 'connected' ? undefined : outcome
  })
  t.log(`the caller, whom no policy lets to the database: ${refused}`)
  const original = { answeredBy: 'original', database: 'connected' }
  // One policy comes after another, and the last of them opens what the first has closed.
  await eventually('the original answers with its database', async () =>
    isDeepStrictEqual(await ask(caller, urlOf(pod)), original) ? true : undefined)

  const stood = await envUp(namespace, 'pr-1', 'version 1')
  t.log(`up to the first marked answer: ${stood.firstAnswerMs} ms\n${stood.stderr}`)
  t.log(`policies: ${(await policyNames(namespace)).join(', ')}`)
  t.deepEqual(await ask(caller, urlOf(pod), stood.headers), { answeredBy: 'version 1', database: 'connected' })
  t.deepEqual(await ask(caller, urlOf(pod)), original)
  t.not(await caller.dial(database.status.podIP ?? '', 8080), 'connected', 'the database is closed to others as before')

  const { exitCode, stderr } = await waylay(['env', 'down', 'pr-1', '-n', namespace])
  t.is(exitCode, 0, stderr)
  await allGone(namespace, 'pr-1')
  t.deepEqual(await policyNames(namespace), Object.keys(POLICIES).sort())
  t.deepEqual(await ask(caller, urlOf(pod), stood.headers), original)
})
