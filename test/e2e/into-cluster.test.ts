import test, { type ExecutionContext } from 'ava'
import { makeDeveloper } from '../helpers/identity.ts'
import { apply, eventually, runProgram, kubectl } from '../helpers/kube.ts'
import { makeNamespace } from '../helpers/namespace.ts'
import { startProgram } from '../helpers/program.ts'
import { startChecked, startIntercept, type RunningIntercept } from '../helpers/waylay.ts'
import { deployApp, podTemplate, readyPods, urlOf, type Pod } from '../helpers/workload.ts'
import { freePort } from '../helpers/free-port.ts'

const ID = 'maria-12345678'
const CONSENT = { 'waylay.dev/egress': 'allow' }
/** curl: "cannot complete SOCKS5 connection". */
const REFUSED = 97

/** The JSON that an app answers with, or curl's exit code. */
type Got = { readonly answeredBy?: string, readonly pod?: string, readonly failed?: number }

async function curl (...args: readonly string[]): Promise<Got> {
  const { stdout, exitCode } = await runProgram('curl', ['-sS', '--max-time', '30', ...args])
  return exitCode === 0 ? JSON.parse(stdout) as { answeredBy: string } : { failed: exitCode }
}

/** An intercept of `app` whose developer reaches the cluster through `socks`. */
async function startReaching (
  t: ExecutionContext, namespace: string, args: readonly string[] = [], kubeconfig?: string
): Promise<{ readonly intercept: RunningIntercept, readonly through: readonly string[] }> {
  const socks = await freePort()
  const maria = await startProgram(t, 'maria')
  const intercept = await startIntercept(t, [
    'app', '-n', namespace, '--port', String(maria.port), '--id', ID, '--verbose', '--socks', String(socks), ...args
  ], kubeconfig === undefined ? {} : { kubeconfig })
  return { intercept, through: ['--socks5-hostname', `127.0.0.1:${socks}`] }
}

/** What is said may come a moment after what it is about. */
async function said (intercept: RunningIntercept, what: RegExp): Promise<void> {
  await eventually(`${what} was said`, async () => what.test(intercept.stderr()) || undefined)
}

async function deployLedger (namespace: string, replicas = 2): Promise<readonly Pod[]> {
  return await deployApp(namespace, { name: 'ledger', replicas, env: [{ name: 'NAME', value: 'ledger' }] })
}

test('a developer reaches another Service, by a port and by its names', async t => {
  const [namespace, other] = await Promise.all([makeNamespace(t), makeNamespace(t, { inject: false })])
  await Promise.all([deployApp(namespace), deployLedger(namespace), deployLedger(other)])
  const port = await freePort()
  const { intercept, through } = await startReaching(t, namespace, ['--reach', `ledger:80=${port}`])

  const pods = new Set<string>()
  for (let call = 0; call < 4; call++) pods.add((await curl(`http://127.0.0.1:${port}/`)).pod ?? 'nobody')
  t.is(pods.size, 2, 'each of its pods in turn')
  for (const host of ['ledger', `ledger.${namespace}`, `ledger.${other}`, `ledger.${namespace}.svc.cluster.local`]) {
    t.is((await curl(...through, `http://${host}/`)).answeredBy, 'ledger', host)
  }
  const ip = (await kubectl(['-n', namespace, 'get', 'service', 'ledger', '-o', 'jsonpath={.spec.clusterIP}'])).trim()
  t.is((await curl(...through, `http://${ip}/`)).answeredBy, 'ledger')
  t.regex(intercept.stderr(), new RegExp(`Reach ledger:80 at 127.0.0.1:${port}`))
  await said(intercept, /Reaching ledger:80/)

  await intercept.stop()
  t.is((await curl(`http://127.0.0.1:${port}/`)).failed, 7)
  t.is((await curl(...through, 'http://ledger/')).failed, 7)
})

test('connections to a Service follow a rollout to its new pods', async t => {
  const namespace = await makeNamespace(t)
  const [, before] = await Promise.all([deployApp(namespace), deployLedger(namespace, 1)])
  const { through } = await startReaching(t, namespace)
  t.is((await curl(...through, 'http://ledger/')).pod, before[0]?.metadata.name)

  await kubectl(['-n', namespace, 'rollout', 'restart', 'deployment/ledger'])
  await kubectl(['-n', namespace, 'rollout', 'status', 'deployment/ledger', '--timeout=90s'])
  const [after] = await readyPods(namespace, 'ledger', 1)

  await eventually('the new pod answers', async () =>
    (await curl(...through, 'http://ledger/')).pod === after?.metadata.name ? true : undefined)
  t.pass()
})

test('other hosts are reached through a pod whose namespace consents, and some never', async t => {
  const [namespace, other] = await Promise.all([
    makeNamespace(t, { annotations: CONSENT }), makeNamespace(t, { inject: false })
  ])
  const [[own], [ledger]] = await Promise.all([deployApp(namespace), deployLedger(other, 1)])
  // The cluster's DNS names the pod itself, the way of a headless Service.
  await apply({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'manual', namespace },
    spec: { clusterIP: 'None', ports: [{ port: 8080 }] }
  }, {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: 'manual-1', namespace, labels: { 'kubernetes.io/service-name': 'manual' } },
    addressType: 'IPv4',
    ports: [{ name: '', port: 8080, protocol: 'TCP' }],
    endpoints: [{ addresses: [ledger?.status.podIP ?? ''] }]
  })
  const { intercept, through } = await startReaching(t, namespace)

  t.is((await curl(...through, `${urlOf(ledger as Pod)}/`)).answeredBy, 'ledger', 'by address')
  t.is((await curl(...through, `${urlOf(ledger as Pod, 6)}/`)).answeredBy, 'ledger', 'by IPv6 address')
  await eventually('the cluster\'s DNS knows the name', async () =>
    (await curl(...through, 'http://manual:8080/')).answeredBy === 'ledger' ? true : undefined)
  for (const url of [
    'http://169.254.169.254/latest/meta-data', 'http://127.0.0.1:15902/metrics', 'http://localhost:15902/', 'http://[::1]:15902/',
    // Names to us, addresses to the pod's resolver.
    'http://127.1:15902/metrics', 'http://0x7f.1:15902/metrics',
    `${urlOf(own as Pod)}/`
  ]) t.is((await curl(...through, '--globoff', '--path-as-is', url)).failed, REFUSED, url)
  t.is((await curl(...through, 'http://no-such-name.invalid/')).failed, REFUSED)
  await said(intercept, /WAYLAY_REACH_FORBIDDEN/)

  const logs = await kubectl(['-n', namespace, 'logs', own?.metadata.name ?? '', '-c', 'waylay-proxy'])
  const dials = logs.split('\n').filter(line => line.includes('"egress.dial"')).map(line => JSON.parse(line) as { host: string, owner: string })
  t.true(dials.some(({ host }) => host === ledger?.status.podIP), 'each dial is logged')
  t.true(dials.every(({ owner }) => owner !== ''))
  t.false(logs.includes('meta-data'))
})

test('without consent a pod opens nothing for a developer', async t => {
  const [namespace, other] = await Promise.all([makeNamespace(t), makeNamespace(t, { inject: false })])
  const [, [ledger]] = await Promise.all([deployApp(namespace), deployLedger(other, 1)])
  const { intercept, through } = await startReaching(t, namespace)

  t.is((await curl(...through, `${urlOf(ledger as Pod)}/`)).failed, REFUSED)
  await said(intercept, /cannot reach .*WAYLAY_EGRESS_FORBIDDEN/)
})

test('a developer with the role of developers reaches Services where it is bound, and no others', async t => {
  const [namespace, other] = await Promise.all([makeNamespace(t), makeNamespace(t, { inject: false })])
  await Promise.all([deployApp(namespace), deployLedger(namespace, 1), deployLedger(other, 1)])
  const kubeconfig = await makeDeveloper(t, namespace, 'maria')
  const { intercept, through } = await startReaching(t, namespace, [], kubeconfig)

  t.is((await curl(...through, 'http://ledger/')).answeredBy, 'ledger')
  t.is((await curl(...through, `http://ledger.${other}/`)).failed, REFUSED)
  await said(intercept, /WAYLAY_EGRESS_FORBIDDEN/)
})

test('the way is proved through the Service\'s address, from pod to pod, or said to be unchecked', async t => {
  const namespace = await makeNamespace(t)
  const headless = (name: string): object => ({
    apiVersion: 'v1', kind: 'Service', metadata: { name, namespace }, spec: { clusterIP: 'None', selector: { app: name }, ports: [{ port: 8080 }] }
  })
  const deployment = (name: string, replicas: number): object => ({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace },
    spec: { replicas, selector: { matchLabels: { app: name } }, template: podTemplate({ name }) }
  })
  await apply(headless('pair'), deployment('pair', 2), headless('single'), deployment('single', 1))
  await deployApp(namespace, { replicas: 2 })
  for (const name of ['pair', 'single']) await kubectl(['-n', namespace, 'rollout', 'status', `deployment/${name}`, '--timeout=90s'])
  const maria = await startProgram(t, 'maria')
  const ways: unknown[] = []
  for (const name of ['app', 'pair', 'single']) {
    const start = name === 'single' ? startIntercept : startChecked
    const { ready, stderr } = await start(t, [
      name, '-n', namespace, '--port', String(maria.port), '--id', ID, '--http-path-prefix', '/api', '--method', 'POST'
    ])
    ways.push(ready['way'])
    t.log(stderr().split('\n').find(line => /hecked/.test(line)) ?? stderr())
  }

  t.deepEqual(ways, ['proved', 'proved', 'unchecked'])
  t.is(maria.seen.length, 0, 'the developer sees none of it')
})
