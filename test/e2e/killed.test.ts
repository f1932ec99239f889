import test from 'ava'
import { startCaller } from '../helpers/caller-pod.ts'
import { makeDeveloper } from '../helpers/identity.ts'
import { eventually } from '../helpers/kube.ts'
import { makeNamespace } from '../helpers/namespace.ts'
import { startProgram } from '../helpers/program.ts'
import { metricsOf } from '../helpers/through-proxy.ts'
import { untilFree } from '../helpers/until-free.ts'
import { startIntercept, waylay } from '../helpers/waylay.ts'
import { deployApp, urlOf, type Pod } from '../helpers/workload.ts'

const MARIA = { 'x-waylay-id': 'maria-12345678' }

test('a command that is killed is gone for the others some 15 seconds later', async t => {
  const namespace = await makeNamespace(t)
  const [pod] = await deployApp(namespace) as [Pod]
  const caller = await startCaller(t, namespace)
  const [maria, jon] = [await startProgram(t, 'maria'), await startProgram(t, 'jon')]
  const [mariaConfig, jonConfig] = [await makeDeveloper(t, namespace, 'maria'), await makeDeveloper(t, namespace, 'jon')]
  const args = ['app', '-n', namespace, '--id', MARIA['x-waylay-id'], '--port']
  const first = await startIntercept(t, [...args, String(maria.port)], { kubeconfig: mariaConfig })
  t.is((await caller.request(urlOf(pod), MARIA)).json.answeredBy, 'maria')
  const refused = await waylay(['intercept', ...args, String(jon.port)], { kubeconfig: jonConfig })
  t.is(refused.exitCode, 6)
  t.regex(refused.stderr, /held by system:serviceaccount:[^:]+:maria/)

  first.kill('SIGKILL')
  await first.ended
  const startedMs = performance.now()
  const elapsed = (): number => Math.round(performance.now() - startedMs)
  await eventually('marked requests go to the app', async () =>
    (await caller.request(urlOf(pod), MARIA)).json.answeredBy === 'app' ? true : undefined, { timeoutMs: 30_000 })
  t.log(`marked requests go to the app ${elapsed()} ms after the kill`)
  await untilFree(namespace, jonConfig)
  t.log(`the Intercept is free ${elapsed()} ms after the kill`)

  const second = await startIntercept(t, [...args, String(jon.port)], { kubeconfig: jonConfig })
  t.is((await caller.request(urlOf(pod), MARIA)).json.answeredBy, 'jon')
  t.is((await metricsOf(pod)).get('waylay_sessions'), 1)
  t.is((await second.stop()).exitCode, 0)
})
