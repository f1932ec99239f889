import test, { type ExecutionContext } from 'ava'
import { createBodiesServer } from './fixtures/bodies-server.ts'
import { hashOfBody } from './fixtures/body.ts'
import { startCaller } from '../helpers/caller-pod.ts'
import { eventually } from '../helpers/kube.ts'
import { listen } from '../helpers/listening.ts'
import { makeNamespace } from '../helpers/namespace.ts'
import { startProgram } from '../helpers/program.ts'
import { startProgramPod } from '../helpers/program-pod.ts'
import { startRelay } from '../helpers/relay.ts'
import { metricsOf, throughProxy } from '../helpers/through-proxy.ts'
import { startIntercept } from '../helpers/waylay.ts'
import { deployApp, urlOf, type Pod } from '../helpers/workload.ts'

const MARIA = { 'x-waylay-id': 'maria-12345678' }
const CONNECTIONS = 10
const CUT_EVERY_MS = 20_000
const CUTS = 3
const DOWNLOAD_BYTES = 200 * 1024 * 1024

test.serial('a carrier that swallows bytes without closing is replaced', async t => {
  const namespace = await makeNamespace(t)
  const pods = await deployApp(namespace, { replicas: 2 })
  const caller = await startCaller(t, namespace)
  const maria = await startProgram(t, 'maria')
  const relay = await startRelay(t)
  await startIntercept(t, ['app', '-n', namespace, '--port', String(maria.port), '--id', MARIA['x-waylay-id']],
    { kubeconfig: relay.kubeconfig })
  for (const pod of pods) t.is((await caller.request(urlOf(pod), MARIA)).json.answeredBy, 'maria')

  const before = relay.opened()
  t.true(relay.swallow() > pods.length, 'a carrier for each pod, and what watches the cluster')
  const startedMs = performance.now()
  for (const pod of pods) {
    t.is((await caller.request(urlOf(pod))).json.answeredBy, 'app')
    await eventually('marked requests are diverted again', async () =>
      (await caller.request(urlOf(pod), MARIA)).json.answeredBy === 'maria' ? true : undefined, { timeoutMs: 30_000 })
    t.log(`${pod.metadata.name}: diverted again ${Math.round(performance.now() - startedMs)} ms after its carrier went black`)
  }

  t.true(relay.opened() > before)
  for (const pod of pods) t.is((await metricsOf(pod)).get('waylay_sessions'), 1, 'and no session is left over')
})

test.serial('carriers cut every 20 seconds fail no diverted request and change no byte', async t => {
  const namespace = await makeNamespace(t)
  const [pod] = await deployApp(namespace, { replicas: 1 }) as [Pod]
  const [big] = await deployApp(namespace, { name: 'big' }) as [Pod]
  await throughProxy(pod)
  await throughProxy(big)
  const caller = await startCaller(t, namespace)
  const download = await startProgramPod(t, namespace, 'bodies-caller.ts')
  const [maria, bodies] = [await startProgram(t, 'maria'), await startBodies(t)]
  const relay = await startRelay(t)
  for (const [name, port] of [['app', maria.port], ['big', bodies]] as const) {
    await startIntercept(t, [name, '-n', namespace, '--port', String(port), '--id', MARIA['x-waylay-id']],
      { kubeconfig: relay.kubeconfig })
  }
  await caller.startKeepAlive(urlOf(pod), CONNECTIONS, { every: 1, headers: MARIA })
  // Slow enough to last until the last cut.
  const bytesASecond = Math.floor(DOWNLOAD_BYTES / ((CUTS + 0.5) * CUT_EVERY_MS / 1000))
  const downloading = download('download', {
    url: urlOf(big), bytes: DOWNLOAD_BYTES, headers: { ...MARIA, 'x-bytes-a-second': String(bytesASecond) }, pauseMs: 0
  }) as Promise<{ readonly by: string, readonly bytes: number, readonly sha256: string, readonly tookMs: number }>

  for (let cut = 0; cut < CUTS; cut++) {
    await new Promise(resolve => setTimeout(resolve, CUT_EVERY_MS))
    t.log(`cut ${relay.cut()} connections`)
  }
  const { tookMs, ...arrived } = await downloading
  const { requests, failures, answeredBy, slowestMs } = await caller.stopKeepAlive(urlOf(pod))

  t.log(`${requests} requests by ${JSON.stringify(answeredBy)}, slowest ${slowestMs} ms; 200 MiB in ${tookMs} ms`)
  t.deepEqual(failures, [])
  t.deepEqual(answeredBy, { app: CONNECTIONS, maria: requests - CONNECTIONS }, 'only the first of each connection was unmarked')
  t.deepEqual(arrived, { by: 'maria', bytes: DOWNLOAD_BYTES, sha256: hashOfBody(DOWNLOAD_BYTES) })
  t.is((await metricsOf(pod)).get('waylay_sessions'), 1)
})

async function startBodies (t: ExecutionContext): Promise<number> {
  return await listen(t, createBodiesServer('maria'))
}
