import test from 'ava'
import { startCaller } from '../helpers/caller-pod.ts'
import { eventually, getJson, kubectl } from '../helpers/kube.ts'
import { makeNamespace } from '../helpers/namespace.ts'
import { startProgram } from '../helpers/program.ts'
import { startIntercept, waylay } from '../helpers/waylay.ts'
import { deployApp, readyPods, urlOf } from '../helpers/workload.ts'

const MARIA = { 'x-waylay-id': 'maria-12345678' }
const JON = { 'x-waylay-id': 'jon-abcdefgh' }

test('two developers on one workload get their own requests and a third caller the app', async t => {
  const namespace = await makeNamespace(t)
  const pods = await deployApp(namespace, { replicas: 2 })
  const caller = await startCaller(t, namespace)
  const [maria, jon] = [await startProgram(t, 'maria'), await startProgram(t, 'jon')]
  const intercepts = await Promise.all([
    startIntercept(t, ['app', '-n', namespace, '--port', String(maria.port), '--id', MARIA['x-waylay-id']]),
    startIntercept(t, ['app', '-n', namespace, '--port', String(jon.port), '--id', JON['x-waylay-id']])
  ])
  t.deepEqual(intercepts.map(({ ready }) => ready.pods), [2, 2])

  for (const pod of pods) {
    const answers = await Promise.all([
      caller.request(urlOf(pod), MARIA), caller.request(urlOf(pod), JON), caller.request(urlOf(pod))
    ])
    t.deepEqual(answers.map(({ json }) => json.answeredBy), ['maria', 'jon', 'app'])
    t.is(answers[0].headers['x-waylay-diverted-to'], intercepts[0].ready.intercept)
    t.is(answers[2].headers['x-waylay-diverted-to'], undefined)
  }
  t.is(maria.seen.length, 2)
  t.is(jon.seen.length, 2)
})

test('Ctrl-C ends the intercept on every pod and leaves nothing behind', async t => {
  const namespace = await makeNamespace(t)
  const pods = await deployApp(namespace, { replicas: 2 })
  const caller = await startCaller(t, namespace)
  const maria = await startProgram(t, 'maria')
  const intercept = await startIntercept(t,
    ['app', '-n', namespace, '--port', String(maria.port), '--id', MARIA['x-waylay-id']])
  for (const pod of pods) t.is((await caller.request(urlOf(pod), MARIA)).json.answeredBy, 'maria')

  const { exitCode, tookMs } = await intercept.stop()

  t.is(exitCode, 0)
  t.log(`Ctrl-C took ${tookMs} ms`)
  for (const pod of pods) t.is((await caller.request(urlOf(pod), MARIA)).json.answeredBy, 'app')
  t.is((await getJson<{ items: unknown[] }>(['-n', namespace, 'intercepts'])).items.length, 0)
})

test('an intercept follows a rollout to the new pods', async t => {
  const namespace = await makeNamespace(t)
  const before = await deployApp(namespace, { replicas: 2 })
  const caller = await startCaller(t, namespace)
  const maria = await startProgram(t, 'maria')
  await startIntercept(t, ['app', '-n', namespace, '--port', String(maria.port), '--id', MARIA['x-waylay-id']])

  await kubectl(['-n', namespace, 'rollout', 'restart', 'deployment/app'])
  await kubectl(['-n', namespace, 'rollout', 'status', 'deployment/app', '--timeout=120s'])
  const after = await readyPods(namespace, 'app', 2)

  const oldNames = before.map(({ metadata }) => metadata.name)
  t.false(after.some(({ metadata }) => oldNames.includes(metadata.name)))
  for (const pod of after) {
    const startedMs = performance.now()
    await eventually('the new pod diverts', async () =>
      (await caller.request(urlOf(pod), MARIA)).json.answeredBy === 'maria' ? true : undefined)
    t.log(`${pod.metadata.name} diverted ${Math.round(performance.now() - startedMs)} ms after the rollout was done`)
    t.is((await caller.request(urlOf(pod))).json.answeredBy, 'app')
  }
})

test('a program that does not run gives 502 with the code', async t => {
  const namespace = await makeNamespace(t)
  const [pod] = await deployApp(namespace)
  const caller = await startCaller(t, namespace)
  const intercept = await startIntercept(t, ['app', '-n', namespace, '--port', '1', '--id', MARIA['x-waylay-id']])

  const answer = await caller.request(urlOf(pod!), MARIA)

  t.is(answer.status, 502)
  t.is(answer.headers['x-waylay-error'], 'WAYLAY_DEVELOPER_REFUSED')
  t.regex(answer.body, /"message":".*\b1\b/)
  t.regex(answer.body, /"hint":"Nothing listens on the port/)
  t.regex(intercept.stderr() + JSON.stringify(intercept.events), /\b1\b/)
  t.is((await caller.request(urlOf(pod!))).json.answeredBy, 'app')
})

test('requests held at a breakpoint starve none of two sync workers', async t => {
  const namespace = await makeNamespace(t)
  const [pod] = await deployApp(namespace, {
    command: ['gunicorn', '--workers', '2', '--worker-class', 'sync', '--worker-tmp-dir', '/dev/shm', '--bind', '0.0.0.0:8080',
      '--chdir', '/fixtures', 'wsgi:app']
  })
  const url = urlOf(pod!)
  const caller = await startCaller(t, namespace)
  const maria = await startProgram(t, 'maria')
  await startIntercept(t, ['app', '-n', namespace, '--port', String(maria.port), '--id', MARIA['x-waylay-id']])
  maria.hold()
  const held = [caller.request(url, MARIA), caller.request(url, MARIA)]
  await eventually('both requests are at the breakpoint', async () => maria.held() === 2 ? true : undefined)

  for (let count = 0; count < 10; count++) t.is((await caller.request(url)).json.answeredBy, 'app')

  maria.release()
  t.deepEqual((await Promise.all(held)).map(({ json }) => json.answeredBy), ['maria', 'maria'])
})

test('a global intercept takes everything but needs the namespace\'s consent', async t => {
  const [closed, open] = await Promise.all([
    makeNamespace(t), makeNamespace(t, { annotations: { 'waylay.dev/intercepts': 'all' } })
  ])
  const [, [pod]] = await Promise.all([deployApp(closed), deployApp(open)])
  const maria = await startProgram(t, 'maria')

  const refused = await waylay(['intercept', 'app', '-n', closed, '--port', String(maria.port), '--global'])
  t.is(refused.exitCode, 3)
  t.regex(refused.stderr, /WAYLAY_GLOBAL_FORBIDDEN/)
  t.is((await getJson<{ items: unknown[] }>(['-n', closed, 'intercepts'])).items.length, 0)

  const caller = await startCaller(t, open)
  await startIntercept(t, ['app', '-n', open, '--port', String(maria.port), '--global'])
  t.is((await caller.request(urlOf(pod!))).json.answeredBy, 'maria')
  const [still] = await readyPods(open, 'app', 1)
  t.truthy(still, 'the kubelet\'s probes still reach the app')
})

test('the same condition twice is a conflict and leaves the first alone', async t => {
  const namespace = await makeNamespace(t)
  await deployApp(namespace)
  const maria = await startProgram(t, 'maria')
  const args = ['app', '-n', namespace, '--port', String(maria.port), '--id', MARIA['x-waylay-id']]
  await startIntercept(t, args)

  const second = await waylay(['intercept', ...args])

  t.is(second.exitCode, 6)
  t.regex(second.stderr, /Code: +WAYLAY_CONFLICT/)
  t.is((await getJson<{ items: unknown[] }>(['-n', namespace, 'intercepts'])).items.length, 1)
})

test('list shows who holds what, and leave ends it everywhere', async t => {
  const namespace = await makeNamespace(t)
  const [pod] = await deployApp(namespace)
  const caller = await startCaller(t, namespace)
  const empty = await waylay(['list', '-n', namespace, '--output', 'json'])
  t.is(empty.exitCode, 0)
  t.notThrows(() => { JSON.parse(empty.stdout) })
  const maria = await startProgram(t, 'maria')
  const intercept = await startIntercept(t,
    ['app', '-n', namespace, '--port', String(maria.port), '--id', MARIA['x-waylay-id']])

  const listed = await waylay(['list', '-n', namespace])
  t.regex(listed.stdout, /deployment\/app +8080 +x-waylay-id=maria-12345678/)
  const left = await waylay(['leave', 'app', '-n', namespace])

  t.is(left.exitCode, 0, left.stderr)
  t.is(await intercept.ended, 6)
  t.is((await caller.request(urlOf(pod!), MARIA)).json.answeredBy, 'app')
})
