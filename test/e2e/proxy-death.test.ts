import test from 'ava'
import { startCaller, type CallerPod } from '../helpers/caller-pod.ts'
import { eventually, getJson, kubectl } from '../helpers/kube.ts'
import { makeNamespace } from '../helpers/namespace.ts'
import { watchEndpoints } from '../helpers/readiness-watch.ts'
import { signalProxy } from '../helpers/signal-proxy.ts'
import { deployApp, urlOf, type Pod } from '../helpers/workload.ts'

// The supervisor doubles its pause with each death, so that 20 deaths of one proxy would take minutes.
const PODS = 4
const KILLS_EACH = 5
// Those of a second, on a machine that is slow to notice a death. Callers who were refused until the supervisor has
// started the next proxy would be some six times as many.
const CUT_BY_EACH = 50

test.serial('proxies killed 20 times under load never take the app or the pod with them', async t => {
  const namespace = await makeNamespace(t)
  const pods = await deployApp(namespace, { replicas: PODS })
  const caller = await startCaller(t, namespace)
  const endpoints = await Promise.all(pods.map(async pod => await watchEndpoints(t, namespace, 'app', addressOf(pod))))
  for (const pod of pods) await caller.startShort(urlOf(pod))

  const outagesMs: number[] = []
  for (let kill = 0; kill < KILLS_EACH; kill++) {
    for (const pod of pods) {
      const url = urlOf(pod)
      await throughProxy(caller, url)
      await signalProxy(namespace, pod.metadata.name, 'KILL')
      const startedMs = performance.now()
      await eventually('a new connection is answered', async () =>
        (await caller.request(url)).json.answeredBy === 'app' ? true : undefined, { everyMs: 5 })
      outagesMs.push(Math.round(performance.now() - startedMs))
    }
  }

  t.log(`${outagesMs.length} kills; new connection answered after, ms: ${outagesMs.join(' ')}`)
  for (const [index, pod] of pods.entries()) {
    const load = await caller.stopShort(urlOf(pod))
    t.log(`${load.requests} short requests, ${load.failures.length} cut by ${KILLS_EACH} kills, ` +
      `longest time without an answered one that began: ${load.longestGapMs} ms`)
    t.true(load.failures.length <= KILLS_EACH * CUT_BY_EACH, 'only what the proxy held when it died may fail')
    t.deepEqual(endpoints[index]?.absences(), [], 'the pod never left its EndpointSlice')
    t.is((await statusOf(namespace, pod.metadata.name)).restartCount, 0, 'the container itself never died')
  }
})

test.serial('a proxy that hangs lets go of callers, new ones and held ones', async t => {
  const namespace = await makeNamespace(t)
  const [pod] = await deployApp(namespace) as [Pod]
  const url = urlOf(pod)
  const caller = await startCaller(t, namespace)
  const endpoints = await watchEndpoints(t, namespace, 'app', addressOf(pod))
  await throughProxy(caller, url)
  await caller.startKeepAlive(url, 5)

  await signalProxy(namespace, pod.metadata.name, 'STOP')
  const startedMs = performance.now()
  const sinceMs = (): number => Math.round(performance.now() - startedMs)
  const held = caller.markKeepAlive(url, {}).then(answers => ({ answers, endedMs: sinceMs() }))
  await eventually('a new connection is answered', async () => {
    // A request that the hung proxy holds is not waited for: the next one is a new connection.
    const answer = await Promise.race([caller.request(url), patience(500)])
    return answer?.json.answeredBy === 'app' ? true : undefined
  }, { everyMs: 50 })
  const answeredMs = sinceMs()
  const { answers, endedMs } = await held
  const { failures } = await caller.stopKeepAlive(url)

  t.log(`new connections answered ${answeredMs} ms after the hang`)
  t.log(`held connections ended after ${endedMs} ms: ${failures.join(' ')}`)
  t.true(answers.every(answer => answer.startsWith('failed: ')), 'held connections end instead of hanging')
  await throughProxy(caller, url)
  t.deepEqual(endpoints.absences(), [], 'the pod never left its EndpointSlice')
})

async function patience (ms: number): Promise<undefined> {
  await new Promise(resolve => setTimeout(resolve, ms))
  return undefined
}

function addressOf (pod: Pod): string {
  return pod.status.podIP ?? ''
}

/** Waits until requests really pass the proxy: without that, killing it would prove nothing. */
async function throughProxy (caller: CallerPod, url: string): Promise<void> {
  await eventually('requests pass the proxy', async () =>
    (await caller.request(url)).json.peer?.includes('169.254.15.') === true ? true : undefined, { everyMs: 50 })
}

// The image has no ps or pkill: the proxy is the process that runs proxy.js and is not PID 1.
async function statusOf (namespace: string, pod: string): Promise<{ readonly restartCount: number }> {
  const { status } = await getJson<Pod>(['-n', namespace, 'pod', pod])
  const proxy = status.initContainerStatuses?.find(({ name }) => name === 'waylay-proxy')
  if (proxy === undefined) throw new Error(`No status of the sidecar: ${await kubectl(['-n', namespace, 'get', 'pods'])}`)
  return proxy
}
