import test, { type ExecutionContext } from 'ava'
import { createBodiesServer } from './fixtures/bodies-server.ts'
import { hashOfBody } from './fixtures/body.ts'
import { listen } from '../helpers/listening.ts'
import { mountProgram } from '../helpers/mounted-program.ts'
import { makeNamespace } from '../helpers/namespace.ts'
import { startProgramPod } from '../helpers/program-pod.ts'
import { watchProxyMemory } from '../helpers/proxy-memory.ts'
import { throughProxy } from '../helpers/through-proxy.ts'
import { startIntercept } from '../helpers/waylay.ts'
import { deployApp, urlOf, type Pod } from '../helpers/workload.ts'

const ID = 'maria-12345678'
const GIB = 1024 ** 3
const PAUSE_MS = 4000
/** Beside what it has at rest: far above what windows and buffers hold, far below what a body would be. */
const MORE_MIB = 128

test('1 GiB up and down, passed and diverted, with a reader that stops, arrives whole in little memory', async t => {
  const namespace = await makeNamespace(t)
  const [pod] = await deployApp(namespace, {
    program: await mountProgram(namespace, 'bodies-app.ts'), probe: { httpGet: { path: '/', port: 8080 }, periodSeconds: 1 }
  }) as [Pod]
  await throughProxy(pod)
  const caller = await startProgramPod(t, namespace, 'bodies-caller.ts')
  const port = await startBodies(t, 'maria')
  const memory = await watchProxyMemory(t, pod)
  await startIntercept(t, ['app', '-n', namespace, '--port', String(port), '--id', ID])
  const restMib = memory.nowMib()
  t.log(`proxy at rest: ${restMib} MiB`)
  const sha256 = hashOfBody(GIB)

  for (const by of ['app', 'maria']) {
    for (const way of ['upload', 'download']) {
      memory.takePeakMib()
      const headers = by === 'maria' ? { 'x-waylay-id': ID } : {}
      const { tookMs, ...arrived } = await caller(way, { url: urlOf(pod), bytes: GIB, headers, pauseMs: PAUSE_MS }) as
        { readonly tookMs: number }
      const peakMib = memory.takePeakMib()
      t.deepEqual(arrived, { by, bytes: GIB, sha256 } as object)
      t.log(`${way} of 1 GiB, ${by === 'app' ? 'passed' : 'diverted'}: ${Math.round(1024 / (tookMs - PAUSE_MS) * 1000)} MiB/s ` +
        `beside a stop of ${PAUSE_MS / 1000} s; proxy at most ${peakMib} MiB`)
      t.true(peakMib < restMib + MORE_MIB, `${peakMib} MiB is too much for a ${way} by ${by}`)
    }
  }
  t.log(`proxy after it all: ${memory.nowMib()} MiB`)
})

async function startBodies (t: ExecutionContext, name: string): Promise<number> {
  return await listen(t, createBodiesServer(name))
}
