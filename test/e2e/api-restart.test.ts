import test from 'ava'
import { startCaller } from '../helpers/caller-pod.ts'
import { eventually, theCluster } from '../helpers/kube.ts'
import { makeNamespace } from '../helpers/namespace.ts'
import { startProgram } from '../helpers/program.ts'
import { startSteadyCallers } from '../helpers/steady-caller.ts'
import { startIntercept } from '../helpers/waylay.ts'
import { deployApp, urlOf } from '../helpers/workload.ts'

const MARIA = { 'x-waylay-id': 'maria-12345678' }

test('an intercept outlives a restart of the API server and costs the others nothing', async t => {
  const namespace = await makeNamespace(t)
  const pods = await deployApp(namespace, { replicas: 2 })
  const [url] = pods.map(pod => urlOf(pod))
  const maria = await startProgram(t, 'maria')
  const intercept = await startIntercept(t,
    ['app', '-n', namespace, '--port', String(maria.port), '--id', MARIA['x-waylay-id']])
  const { others, hers } = await startSteadyCallers(namespace, {
    others: { url: url! }, hers: { url: url!, headers: MARIA }
  })

  const startedMs = performance.now()
  await (await theCluster()).restartApiServer(3000)
  t.log(`the API server answers again after ${Math.round(performance.now() - startedMs)} ms`)

  const caller = await startCaller(t, namespace)
  for (const pod of pods) {
    await eventually('marked requests are diverted again', async () =>
      (await caller.request(urlOf(pod), MARIA)).json.answeredBy === 'maria' ? true : undefined)
  }
  t.log(`diverting on all pods again ${Math.round(performance.now() - startedMs)} ms after its end`)
  const counts = { others: await others!.stop(), hers: await hers!.stop() }
  t.log(JSON.stringify(counts))
  t.deepEqual(Object.keys(counts.others), ['app'])
  t.is((await intercept.stop()).exitCode, 0)
})
