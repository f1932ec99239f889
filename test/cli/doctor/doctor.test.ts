import { readFileSync } from 'node:fs'
import test, { type ExecutionContext } from 'ava'
import { parseAllDocuments } from 'yaml'
import type { CheckState } from '../../../cli/doctor/check.ts'
import { RIGHTS, PORT_FORWARD } from '../../../cli/doctor/rights.ts'
import { parseMetrics } from '../../../cli/cluster/pod-metrics.ts'
import type { Diagnosis } from '../../../cli/doctor/doctor.ts'
import { startFakeApiServer, type FakeApiServer } from '../helpers/fake-api-server.ts'
import { fitsSchema } from '../helpers/fits-schema.ts'
import { writeKubeconfig } from '../helpers/kubeconfig.ts'
import { runToEnd, startCli } from '../helpers/run-cli.ts'
import { until } from '../helpers/until.ts'

const FORBIDDEN = { status: 403, body: { message: 'x is forbidden: User "maria" cannot get resource' } }
const OWNER = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'payments', uid: 'd', controller: true }
const POD = { spec: { initContainers: [{ name: 'waylay-init' }, { name: 'waylay-proxy' }] } }

/** A cluster in which everything is well. */
async function startCase (t: ExecutionContext, sicken: (api: FakeApiServer) => void = () => {}) {
  const api = await startFakeApiServer(t)
  api.addPod('payments-1')
  sicken(api)
  const well = {
    'GET /apis/waylay.dev/v1alpha1': { resources: [] },
    'POST /apis/authorization.k8s.io/v1/selfsubjectaccessreviews': { status: { allowed: true } },
    'GET /apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/waylay': undefined,
    'POST /api/v1/namespaces/shop/pods': POD
  }
  for (const [line, body] of Object.entries(well)) {
    if (!api.instead.has(line)) api.instead.set(line, body === undefined ? FORBIDDEN : { status: 200, body })
  }
  api.namespace ??= { metadata: { name: 'shop', labels: { 'waylay.dev/inject': 'enabled' } } }
  const kubeconfig = await writeKubeconfig(t, api.url)
  const args = ['--kubeconfig', kubeconfig, 'doctor']
  return {
    api,
    run: async (...more: string[]) => await runToEnd(t, [...args, ...more]),
    start: async (...more: string[]) => await startCli(t, [...args, ...more]),
    json: async (...more: string[]) => {
      const { exitCode, stdout } = await runToEnd(t, [...args, ...more, '--output', 'json'])
      return { exitCode, diagnosis: fitsSchema(t, stdout, 'doctor') as Diagnosis }
    }
  }
}

const stateOf = ({ checks }: Diagnosis, name: string) => checks.find(check => check.name === name)?.state

test('a healthy cluster passes every check and nothing is left behind', async t => {
  const { api, run } = await startCase(t)

  const { exitCode, stdout, stderr } = await run('payments')

  t.is(exitCode, 0, stdout)
  t.regex(stdout, /^ok {3}The API server http:\S+ answers in \d+ ms: Kubernetes v1\.34\.4, context test\.$/m)
  t.regex(stdout, /^ok {3}The webhook answers the API server, and signs: version 0\.1\.0/m)
  t.regex(stdout, /^ok {3}Pod payments-1: 8080 always armed\.$/m)
  // A busy machine is a slow tunnel.
  t.regex(stdout, /^(?:ok {3}|warn )The tunnel to pod payments-1 opens in \d+ ms/m)
  t.regex(stdout, /^ok {3}An intercept for a test stood after \d+ ms, on 1 of 1 pods\.$/m)
  t.regex(stdout, /^- {4}The webhook's certificate was not looked at/m)
  t.regex(stderr, /^\d+ ok, [01] warnings?, 0 failed, \d+ not asked\.$/)
  t.is(api.intercepts.size, 0)
  t.true([...api.pods.values()].every(pod => pod.intercepts.size === 0))
})

test('the diagnosis as JSON fits the schema and names the workload found', async t => {
  const { json } = await startCase(t)

  const { exitCode, diagnosis } = await json()

  t.is(exitCode, 0)
  t.like(diagnosis, { ok: true, context: 'test', namespace: 'shop', workload: 'deployment/payments' })
  for (const name of ['api-server', 'clock', 'installed', 'webhook', 'namespace', 'injection', 'pods', 'redirect', 'intercept']) {
    t.is(stateOf(diagnosis, name), 'ok', name)
  }
  t.true(['ok', 'warn'].includes(stateOf(diagnosis, 'tunnel') ?? ''), 'a busy machine is a slow tunnel')
})

type Sickness = {
  readonly sicken: (api: FakeApiServer) => void
  readonly name: string
  readonly state: CheckState
  readonly exitCode: number
}

const finds = test.macro(async (t, { sicken, name, state, exitCode }: Sickness) => {
  const { json } = await startCase(t, sicken)

  const found = await json('payments')

  t.is(stateOf(found.diagnosis, name), state, JSON.stringify(found.diagnosis, null, 1))
  t.is(found.exitCode, exitCode)
  const check = found.diagnosis.checks.find(item => item.name === name)
  if (state === 'fail') t.truthy(check?.next, 'a failure says what to type')
})

test('a namespace without the label is found', finds, {
  name: 'namespace',
  state: 'fail',
  exitCode: 5,
  sicken: api => { api.namespace = { metadata: { labels: {} } } }
})
test('a cluster without waylay is found', finds, {
  name: 'installed',
  state: 'fail',
  exitCode: 4,
  sicken: api => { api.instead.set('GET /apis/waylay.dev/v1alpha1', { status: 404, body: { message: 'no', details: {} } }) }
})
test('a webhook that the API server cannot call is found', finds, {
  name: 'webhook',
  state: 'fail',
  exitCode: 4,
  sicken: api => {
    const message = 'Internal error occurred: failed calling webhook "intercepts.waylay.dev": connection refused'
    api.instead.set('POST /apis/waylay.dev/v1alpha1/namespaces/shop/intercepts', { status: 500, body: { message } })
  }
})
test('a pod that comes back without the proxy is found', finds, {
  name: 'injection',
  state: 'fail',
  exitCode: 4,
  sicken: api => { api.instead.set('POST /api/v1/namespaces/shop/pods', { status: 201, body: { spec: {} } }) }
})
test('pods that carry no proxy are found, with where it is said why', async t => {
  const { api, run } = await startCase(t)
  const bare = { metadata: { name: 'payments-1', namespace: 'shop', uid: 'u', ownerReferences: [OWNER] } }
  api.instead.set('GET /api/v1/namespaces/shop/pods', { status: 200, body: { metadata: {}, items: [bare] } })

  t.regex((await run('deployment/payments')).stdout, /^FAIL None of .*\n.* rollout restart deployment\/payments {3}# .*get events --field-selector reason=WaylayNotInjected$/m)
})
test('who may not create pods is not told that injection fails', finds, {
  name: 'injection', state: 'skipped', exitCode: 0, sicken: api => { api.instead.set('POST /api/v1/namespaces/shop/pods', FORBIDDEN) }
})
test('a redirect that is disarmed is found', finds, {
  name: 'redirect',
  state: 'fail',
  exitCode: 1,
  sicken: api => {
    for (const pod of api.pods.values()) pod.metrics = pod.metrics.replace('} 1', '} 0')
  }
})
test('a sidecar that does not tell its redirect is no failure', finds, {
  name: 'redirect',
  state: 'warn',
  exitCode: 0,
  sicken: api => { for (const pod of api.pods.values()) pod.metrics = 'HTTP/1.1 200 OK\r\n\r\nup 1\n' }
})
test('a container that waylay.dev/propagate left out is found, and told once for all pods of a kind', async t => {
  const propagateLeftOut = [{ container: 'app', why: 'its envFrom may hold NODE_OPTIONS' }]
  const { run } = await startCase(t, api => {
    api.addPod('payments-2')
    api.injection = { propagate: 'nodejs', propagateAlone: ['side'], propagateLeftOut }
  })

  const { exitCode, stdout } = await run('payments')

  t.is(exitCode, 0)
  t.deepEqual(stdout.split('\n').filter(line => line.includes('propagate')), [
    'ok   Headers are carried on by waylay.dev/propagate: nodejs; hidden is what images set in its variable: side.',
    'warn waylay.dev/propagate is left out of container app: its envFrom may hold NODE_OPTIONS.'
  ])
})
test('missing rights are found one by one', finds, {
  name: 'right-pods/portforward',
  state: 'fail',
  exitCode: 3,
  sicken: api => { api.instead.set('POST /apis/authorization', { status: 201, body: { status: { allowed: false } } }) }
})
test('a pod that refuses the ticket is found', finds, {
  name: 'intercept', state: 'fail', exitCode: 7, sicken: api => { for (const pod of api.pods.values()) pod.refuse = true }
})
test('a workload that is not there is found', finds, {
  name: 'workload',
  state: 'fail',
  exitCode: 5,
  sicken: api => {
    api.instead.set('GET /apis/apps/v1/namespaces/shop/deployments/payments', { status: 404, body: { message: 'no', details: { name: 'payments' } } })
    for (const pod of [...api.pods.keys()]) api.removePod(pod)
  }
})

const GATEWAY = 'GET /apis/apps/v1/namespaces/waylay-system/deployments/waylay-preview'
const aGateway = (status: object) => ({
  status: 200,
  body: {
    spec: {
      replicas: 2,
      template: { spec: { containers: [{ env: [{ name: 'WAYLAY_PREVIEW_DOMAIN', value: 'preview.example.com' }] }] } }
    },
    status
  }
})

test('a preview gateway is told with its domain', async t => {
  const { json } = await startCase(t, api => { api.instead.set(GATEWAY, aGateway({ availableReplicas: 2 })) })
  const { exitCode, diagnosis } = await json('payments')
  t.is(exitCode, 0)
  t.like(diagnosis.checks.find(({ name }) => name === 'preview-gateway'), {
    state: 'ok', text: 'The preview gateway serves preview.example.com: 2 of 2 replicas are ready'
  })
})
test('a preview gateway with a replica missing works', finds, {
  name: 'preview-gateway', state: 'ok', exitCode: 0, sicken: api => { api.instead.set(GATEWAY, aGateway({ availableReplicas: 1 })) }
})
test('a preview gateway that is not ready is found, and fails nothing else', async t => {
  const { run } = await startCase(t, api => { api.instead.set(GATEWAY, aGateway({})) })
  const { exitCode, stdout } = await run('payments')
  t.is(exitCode, 0)
  t.regex(stdout, /^warn Shared links open nothing: 0 of 2 replicas of the preview gateway of preview\.example\.com are ready\.\n {7}Try: {2}kubectl -n waylay-system /m)
})
test('who may not look for a preview gateway is told so', finds, {
  name: 'preview-gateway', state: 'skipped', exitCode: 0, sicken: api => { api.instead.set(GATEWAY, FORBIDDEN) }
})
test('a cluster without a preview gateway lacks nothing', async t => {
  const { json } = await startCase(t)
  t.is(stateOf((await json('payments')).diagnosis, 'preview-gateway'), undefined)
})

test('a webhook that has no certificate yet is found', async t => {
  const caBundle = Buffer.from('no certificate').toString('base64')
  const { json } = await startCase(t, api => {
    api.instead.set('GET /apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/waylay',
      { status: 200, body: { webhooks: [{ clientConfig: { caBundle } }] } })
  })

  t.is(stateOf((await json('payments')).diagnosis, 'certificate'), 'fail')
})

test('Ctrl-C in the middle leaves no intercept behind', async t => {
  const { api, start } = await startCase(t)
  const run = await start('payments')
  await until(() => api.intercepts.size > 0)

  run.interrupt()

  await run.exitCode
  t.is(api.intercepts.size, 0)
})

test('no cluster at all is one failure with the way to look', async t => {
  const kubeconfig = await writeKubeconfig(t, 'https://127.0.0.1:1')

  const { exitCode, stdout } = await runToEnd(t, ['--kubeconfig', kubeconfig, 'doctor'])

  t.is(exitCode, 4)
  t.regex(stdout, /^FAIL Cannot reach the cluster[^\n]*\n {7}Try: {2}Check it with: kubectl/)
})

test('every right that intercept needs is one of the ClusterRole\'s', t => {
  type Rule = { readonly apiGroups: string[], readonly resources: string[], readonly verbs: string[] }
  type Role = { readonly metadata: { readonly name: string }, readonly rules: readonly Rule[] }
  const text = readFileSync(new URL('../../../manifests/developer-rbac.yaml', import.meta.url), 'utf8')
  const roles = parseAllDocuments(text).map(document => document.toJS() as Role)
  const rules = roles.find(({ metadata }) => metadata.name === 'waylay-developer')?.rules ?? []
  const granted = new Set(rules.flatMap(({ apiGroups, resources, verbs }) =>
    apiGroups.flatMap(group => resources.flatMap(resource => verbs.map(verb => `${verb} ${group} ${resource}`)))))
  const needed = [...RIGHTS, PORT_FORWARD].filter(({ optional }) => optional === undefined).flatMap(on =>
    on.verbs.map(verb => `${verb} ${on.group} ${on.resource}${on.subresource === undefined ? '' : `/${on.subresource}`}`))
  t.true(needed.length > 8)
  t.deepEqual(needed.filter(right => !granted.has(right)), [])
})

test('numbers with their labels are read from the text of Prometheus', t => {
  t.deepEqual(parseMetrics('# HELP a b\na{port="1",family="ipv4"} 1\nup 0\nbroken\n'),
    [{ name: 'a', labels: { port: '1', family: 'ipv4' }, value: 1 }, { name: 'up', labels: {}, value: 0 }])
})

test('pods in the mode named-port are told, and that no Service leads to them', async t => {
  const { json } = await startCase(t, api => {
    api.injection = { mode: 'named-port', unseen: [8080] }
    api.services = [{
      metadata: { name: 'pay', namespace: 'shop' },
      spec: { selector: { app: 'payments' }, clusterIP: '10.96.0.7', ports: [{ port: 80, targetPort: 8080 }] }
    }]
  })

  const { exitCode, diagnosis } = await json('payments')

  t.is(exitCode, 0)
  t.like(diagnosis.checks.find(({ name }) => name === 'redirect'), { state: 'ok' })
  t.regex(diagnosis.checks.find(({ name }) => name === 'redirect')?.text ?? '', /mode named-port.*\(8080\) goes to the app/)
  t.like(diagnosis.checks.find(({ name }) => name === 'path'), { state: 'warn' })
})
