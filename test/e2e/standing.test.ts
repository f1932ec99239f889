import test from 'ava'
import { startCaller } from '../helpers/caller-pod.ts'
import { makeDeveloper } from '../helpers/identity.ts'
import { eventually, getJson, kubectl } from '../helpers/kube.ts'
import { makeNamespace } from '../helpers/namespace.ts'
import { startProgram } from '../helpers/program.ts'
import { metricsOf } from '../helpers/through-proxy.ts'
import { startChecked, startIntercept, waylay } from '../helpers/waylay.ts'
import { deployApp, urlOf, type Pod } from '../helpers/workload.ts'

const MARIA = { 'x-waylay-id': 'maria-12345678' }

type Intercepts = { readonly items: readonly { readonly spec: { readonly owner: string, readonly port: number } }[] }

async function interceptsIn (namespace: string): Promise<Intercepts['items']> {
  return (await getJson<Intercepts>(['-n', namespace, 'intercepts'])).items
}

test('two ports in one command are two intercepts over one session', async t => {
  const namespace = await makeNamespace(t)
  const [pod] = await deployApp(namespace, {
    command: ['sh', '-c', 'PORT=8081 NAME=admin node /fixtures/app.ts & exec node /fixtures/app.ts'],
    annotations: { 'waylay.dev/ports': '8080,8081' }
  }) as [Pod]
  const caller = await startCaller(t, namespace)
  const [web, admin] = [await startProgram(t, 'maria-web'), await startProgram(t, 'maria-admin')]
  const adminUrl = urlOf(pod).replace(':8080', ':8081')

  const intercept = await startIntercept(t, ['app', '-n', namespace, '--id', MARIA['x-waylay-id'],
    '--port', `${web.port}:8080`, '--port', `${admin.port}:8081`])
  await eventually('both ports are told', async () =>
    intercept.events.filter(({ event }) => event === 'ready').length === 2 ? true : undefined)

  const answers = await Promise.all([
    caller.request(urlOf(pod), MARIA), caller.request(adminUrl, MARIA),
    caller.request(urlOf(pod)), caller.request(adminUrl)
  ])
  t.deepEqual(answers.map(({ json }) => json.answeredBy), ['maria-web', 'maria-admin', 'app', 'admin'])
  t.deepEqual((await interceptsIn(namespace)).map(({ spec }) => spec.port).sort(), [8080, 8081])
  t.is((await metricsOf(pod)).get('waylay_sessions'), 1)
  t.is((await intercept.stop()).exitCode, 0)
  t.deepEqual(await interceptsIn(namespace), [])
})

test('a conflict on one of two ports makes neither', async t => {
  const namespace = await makeNamespace(t)
  await deployApp(namespace, { annotations: { 'waylay.dev/ports': '8080,8081' } })
  const id = MARIA['x-waylay-id']
  await startIntercept(t, ['app', '-n', namespace, '--id', id, '--port', '3000:8081'])

  const second = await waylay(['intercept', 'app', '-n', namespace, '--id', id, '--port', '3001:8080', '--port', '3002:8081'])

  t.is(second.exitCode, 6)
  t.regex(second.stderr, /port 8081 with x-waylay-id=maria-12345678 is held by yourself since/)
  t.deepEqual((await interceptsIn(namespace)).map(({ spec }) => spec.port), [8081])
})

test('a take-over is refused without its right and told to the first', async t => {
  const namespace = await makeNamespace(t)
  const [pod] = await deployApp(namespace) as [Pod]
  const caller = await startCaller(t, namespace)
  const [maria, jon] = [await startProgram(t, 'maria'), await startProgram(t, 'jon')]
  const [mariaConfig, jonConfig] = [await makeDeveloper(t, namespace, 'maria'), await makeDeveloper(t, namespace, 'jon')]
  const args = ['app', '-n', namespace, '--id', MARIA['x-waylay-id'], '--port']
  const first = await startIntercept(t, [...args, String(maria.port)], { kubeconfig: mariaConfig })

  const asked = await waylay(['intercept', ...args, String(jon.port)], { kubeconfig: jonConfig })
  t.is(asked.exitCode, 6)
  t.regex(asked.stderr, /is held by system:serviceaccount:[^:]+:maria since .*, on /)
  t.regex(asked.stderr, /--take-over/)
  const refused = await waylay(['intercept', ...args, String(jon.port), '--take-over'], { kubeconfig: jonConfig })
  t.is(refused.exitCode, 6)
  t.regex(refused.stderr, /lacks the verb "takeover"/)
  t.is((await caller.request(urlOf(pod), MARIA)).json.answeredBy, 'maria')

  await kubectl(['-n', namespace, 'create', 'rolebinding', 'jon-takes', '--clusterrole=waylay-takeover', `--serviceaccount=${namespace}:jon`])
  const second = await startIntercept(t, [...args, String(jon.port), '--take-over'], { kubeconfig: jonConfig })

  t.is((await caller.request(urlOf(pod), MARIA)).json.answeredBy, 'jon')
  t.is(await first.ended, 6)
  t.regex(first.stderr(), /was taken over by system:serviceaccount:[^:]+:jon/)
  t.deepEqual((await interceptsIn(namespace)).map(({ spec }) => spec.owner.split(':').at(-1)), ['jon'])
  t.is((await caller.request(urlOf(pod), MARIA)).json.answeredBy, 'jon')
  t.is((await second.stop()).exitCode, 0)
})

test('an intercept that expired is taken over without asking', async t => {
  const namespace = await makeNamespace(t)
  const [pod] = await deployApp(namespace) as [Pod]
  const caller = await startCaller(t, namespace)
  const jon = await startProgram(t, 'jon')
  const args = ['app', '-n', namespace, '--id', MARIA['x-waylay-id'], '--port']
  const first = await startIntercept(t, [...args, '3000'])
  first.kill('SIGSTOP')

  const second = await eventually('the first one has expired', async () => {
    try {
      return await startIntercept(t, [...args, String(jon.port)])
    } catch {
      return undefined
    }
  }, { everyMs: 1000 })
  t.is((await caller.request(urlOf(pod), MARIA)).json.answeredBy, 'jon')
  first.kill('SIGCONT')

  t.is(await first.ended, 6)
  t.is((await caller.request(urlOf(pod), MARIA)).json.answeredBy, 'jon')
  t.is((await interceptsIn(namespace)).length, 1)
  t.is((await second.stop()).exitCode, 0)
})

test('a workload that is deleted and made again keeps its intercept', async t => {
  const namespace = await makeNamespace(t)
  await deployApp(namespace)
  const caller = await startCaller(t, namespace)
  const maria = await startProgram(t, 'maria')
  const intercept = await startIntercept(t, ['app', '-n', namespace, '--port', String(maria.port), '--id', MARIA['x-waylay-id']])

  await kubectl(['-n', namespace, 'delete', 'deployment/app', '--wait=true'])
  await eventually('the loss is told', async () => intercept.stderr().includes('deployment/app is gone') ? true : undefined)
  const [pod] = await deployApp(namespace) as [Pod]
  const startedMs = performance.now()
  await eventually('the new pod diverts', async () =>
    (await caller.request(urlOf(pod), MARIA)).json.answeredBy === 'maria' ? true : undefined)

  t.log(`the new pod was seen to divert ${Math.round(performance.now() - startedMs)} ms after it was ready`)
  t.regex(intercept.stderr(), /deployment\/app is there again/)
  t.is((await intercept.stop()).exitCode, 0)
})

test('a deleted object ends the command and leaves no route', async t => {
  const namespace = await makeNamespace(t)
  const [pod] = await deployApp(namespace) as [Pod]
  const caller = await startCaller(t, namespace)
  const maria = await startProgram(t, 'maria')
  const intercept = await startIntercept(t, ['app', '-n', namespace, '--port', String(maria.port), '--id', MARIA['x-waylay-id']])

  await kubectl(['-n', namespace, 'delete', 'intercepts', '--all'])

  t.is(await intercept.ended, 6)
  t.regex(intercept.stderr(), /was ended from outside/)
  t.is((await caller.request(urlOf(pod), MARIA)).json.answeredBy, 'app')
  // The command is gone a moment before the proxy has read its farewell.
  await eventually('the session is gone', async () =>
    (await metricsOf(pod)).get('waylay_sessions') === 0 ? true : undefined)
})

test('a Service is intercepted by its name and checked through its address', async t => {
  const namespace = await makeNamespace(t)
  const [pod] = await deployApp(namespace) as [Pod]
  const caller = await startCaller(t, namespace)
  const maria = await startProgram(t, 'maria')

  const intercept = await startChecked(t, ['service/app', '-n', namespace, '--port', String(maria.port), '--id', MARIA['x-waylay-id']])

  t.is(intercept.ready['way'], 'proved')
  t.is(intercept.ready['workload'], 'deployment/app')
  t.is((await caller.request(urlOf(pod), MARIA)).json.answeredBy, 'maria')
  t.is((await intercept.stop()).exitCode, 0)
})

test('the first match ends a command that waits for it', async t => {
  const namespace = await makeNamespace(t)
  const [pod] = await deployApp(namespace) as [Pod]
  const caller = await startCaller(t, namespace)
  const maria = await startProgram(t, 'maria')
  const args = ['app', '-n', namespace, '--port', String(maria.port), '--id', MARIA['x-waylay-id'], '--wait-for-first-match']
  const intercept = await startIntercept(t, args)

  t.is((await caller.request(urlOf(pod), MARIA)).json.answeredBy, 'maria')

  t.is(await intercept.ended, 0)
  const nobody = await waylay(['intercept', ...args, '--for', '1s'])
  t.is(nobody.exitCode, 5)
  t.regex(nobody.stderr, /WAYLAY_NO_MATCH/)
  t.deepEqual(await interceptsIn(namespace), [])
})
