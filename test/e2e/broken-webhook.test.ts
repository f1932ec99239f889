import { deepStrictEqual } from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import test, { type ExecutionContext } from 'ava'
import { openApi, type ApiClient } from '../helpers/api-client.ts'
import { readConfiguration, restoreConfiguration, startStandIn } from '../helpers/broken-webhook.ts'
import { startCaller } from '../helpers/caller-pod.ts'
import { eventually, getJson, kubectl, tryKubectl } from '../helpers/kube.ts'
import { makeNamespace } from '../helpers/namespace.ts'
import { createPod, isInjected, MAX_LATE, startPodStream, type StreamResult } from '../helpers/pod-stream.ts'
import { startProgram } from '../helpers/program.ts'
import { startIntercept, waylay } from '../helpers/waylay.ts'
import { rollOut, SYSTEM, webhookPods, webhookReady } from '../helpers/webhook-pods.ts'
import { containerNames, deployApp, podTemplate, readyPods, urlOf, type Pod } from '../helpers/workload.ts'

const MARIA = { 'x-waylay-id': 'maria-12345678' }

type Spec = { readonly spec: { readonly replicas: number } }

function told (what: string, { missedAtMs, refused, ...counts }: StreamResult): string {
  return `${what}: ${JSON.stringify({ ...counts, missed: missedAtMs.length, missedAtMs, refused: refused.length })}`
}

async function scale (replicas: number): Promise<void> {
  await kubectl(['-n', SYSTEM, 'scale', 'deployment/waylay-webhook', `--replicas=${replicas}`])
  if (replicas > 0) return void await webhookReady(replicas)
  await eventually('no webhook is there any more', async () => {
    const { items } = await getJson<{ items: unknown[] }>(['-n', SYSTEM, 'pods', '-l', 'app.kubernetes.io/component=webhook'])
    return items.length === 0 ? true : undefined
  })
}

/** Puts everything back when the test ends, whatever it did, and says so if that is not how it was. */
async function keepEverything (t: ExecutionContext, api: ApiClient, namespace: string): Promise<void> {
  const configuration = await readConfiguration()
  const { spec } = await getJson<Spec>(['-n', SYSTEM, 'deployment', 'waylay-webhook'])
  t.teardown(async () => {
    await restoreConfiguration(configuration)
    await scale(spec.replicas)
    await eventually('pods are injected again', async () => isInjected(await createPod(api, namespace)) ? true : undefined)
    // AVA takes no assertion any more, but a teardown that fails.
    deepStrictEqual((await readConfiguration()).webhooks, configuration.webhooks)
    deepStrictEqual((await getJson<Spec>(['-n', SYSTEM, 'deployment', 'waylay-webhook'])).spec, spec)
  })
}

/** What somebody sees who creates a pod by hand. */
async function createByHand (namespace: string): Promise<{ readonly seen: string, readonly tookMs: number }> {
  const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'by-hand', namespace }, spec: podTemplate().spec }
  const startedMs = performance.now()
  const { stdout, stderr, exitCode } = await tryKubectl(['create', '--dry-run=server', '-f', '-'], JSON.stringify(pod))
  return { seen: `exit code ${exitCode}: ${`${stdout}${stderr}`.trim()}`, tookMs: Math.round(performance.now() - startedMs) }
}

test.serial('webhooks that are rolled out or killed refuse no pod, and a rollout misses none', async t => {
  const namespace = await makeNamespace(t)
  const api = await openApi(t)
  await keepEverything(t, api, namespace)
  const rollout = startPodStream(api, namespace, 10)
  // There and back, so that the Deployment is afterwards what it was.
  for (const verb of ['restart', 'undo']) {
    await kubectl(['-n', SYSTEM, 'rollout', verb, 'deployment/waylay-webhook'])
    await rollOut()
    await webhookReady()
  }
  // The last of the old ones ends.
  await sleep(12_000)
  const rolled = await rollout.stop()
  t.log(told('rolled out twice', rolled))
  t.deepEqual(rolled.refused, [])
  t.deepEqual(rolled.missedAtMs, [])
  t.true(rolled.lateAtMs.length <= MAX_LATE, 'pods that the API server did not wait for')

  const killing = startPodStream(api, namespace, 10)
  const startedMs = performance.now()
  await kubectl(['-n', SYSTEM, 'delete', 'pod', '--grace-period=0', '--force', '--wait=false',
    ...(await webhookPods()).map(({ metadata: { name } }) => name)])
  t.log(`both killed at ${Math.round(performance.now() - startedMs)} ms: ${JSON.stringify(await createByHand(namespace))}`)
  await webhookReady()
  t.log(`both ready again at ${Math.round(performance.now() - startedMs)} ms`)
  await sleep(3000)
  const killed = await killing.stop()
  t.log(told('both killed at once', killed))
  t.deepEqual(killed.refused, [])
  await eventually('pods are injected again', async () => isInjected(await createPod(api, namespace)) ? true : undefined)
})

test.serial('while no webhook is there pods start, and intercepts divert on and pass the others', async t => {
  const namespace = await makeNamespace(t)
  const api = await openApi(t)
  const [pod] = await deployApp(namespace) as [Pod]
  const caller = await startCaller(t, namespace)
  const program = await startProgram(t, 'maria')
  const args = ['app', '-n', namespace, '--port', String(program.port), '--id']
  const intercept = await startIntercept(t, [...args, MARIA['x-waylay-id']])
  await caller.startKeepAlive(urlOf(pod), 4)
  await keepEverything(t, api, namespace)

  const startedMs = performance.now()
  await scale(0)
  t.log(`no webhook: ${JSON.stringify(await createByHand(namespace))}`)
  let rounds = 0
  // Longer than an intercept lives that is not renewed.
  while (performance.now() - startedMs < 25_000) {
    const [marked, other] = [await caller.request(urlOf(pod), MARIA), await caller.request(urlOf(pod))]
    t.is(marked.json.answeredBy, 'maria')
    t.is(other.json.answeredBy, 'app')
    rounds += 1
    await sleep(500)
  }
  t.log(`${rounds} rounds of a diverted and a passed request while it was away; others: ${JSON.stringify(await caller.stopKeepAlive(urlOf(pod)))}`)
  const refused = await waylay(['intercept', ...args, 'jon-12345678'])
  t.log(`a new intercept: exit code ${refused.exitCode}: ${refused.stderr.trim()}`)
  t.not(refused.exitCode, 0)
  await kubectl(['-n', namespace, 'scale', 'deployment/app', '--replicas=2'])
  const pods = await readyPods(namespace, 'app', 2)
  t.deepEqual(pods.map(one => containerNames(one).includes('waylay-proxy')).sort(), [false, true], 'the new pod started without us')
  t.is((await caller.request(urlOf(pod), MARIA)).json.answeredBy, 'maria')
  t.is((await intercept.stop()).exitCode, 0)
})

/** Ways to answer wrongly that the API server takes as no answer at all. */
const FORGIVEN = ['html', 'cut', 'wrong-uid', 'status-500', 'no-patch', 'hang', 'drip']

test.serial('a webhook that answers garbage, or never, keeps no pod from starting', async t => {
  const namespace = await makeNamespace(t)
  const api = await openApi(t)
  const standIn = await startStandIn(namespace)
  await keepEverything(t, api, namespace)
  // The webhook would give back what is taken from it within a second.
  await scale(0)
  for (const way of FORGIVEN) {
    await standIn.answerBy(way)
    await sleep(1000)
    const { status, body, warnings, tookMs } = await createPod(api, namespace)
    const { seen } = await createByHand(namespace)
    t.log(`${way}: status ${status} after ${Math.round(tookMs)} ms, warnings ${JSON.stringify(warnings)}; kubectl: ${seen}`)
    t.is(status, 201, way)
    t.false(isInjected({ status, body, warnings, tookMs }), way)
  }
  const started = await deployApp(namespace, { name: 'slow' })
  t.deepEqual(started.map(pod => containerNames(pod)), [['app']], 'a real pod, by a Deployment')

  // The one answer that the API server forgives nobody, whatever the failure policy: so each patch is tried before it
  // is sent, by the webhook itself.
  await standIn.answerBy('bad-patch')
  await sleep(1000)
  const { status, body } = await createPod(api, namespace)
  t.log(`bad-patch: status ${status}: ${(body as { message?: string }).message}`)
  t.is(status, 500)
})
