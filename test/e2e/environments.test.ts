import test from 'ava'
import { startCaller } from '../helpers/caller-pod.ts'
import { allGone, companionMib, envUp, generationsOf, tryEnvUp, whatIsLeft } from '../helpers/environments.ts'
import { eventually, kubectl } from '../helpers/kube.ts'
import { mountProgram } from '../helpers/mounted-program.ts'
import { makeNamespace } from '../helpers/namespace.ts'
import { startProgram } from '../helpers/program.ts'
import { startProgramPod } from '../helpers/program-pod.ts'
import { startSteadyCallers } from '../helpers/steady-caller.ts'
import { startIntercept } from '../helpers/waylay.ts'
import { deployApp, urlOf } from '../helpers/workload.ts'

/** Node ends at once where it cannot find a file that it is told to read first. */
const CRASHES = ['--env', 'NODE_OPTIONS=--require=/nowhere/at-all.js']
const ORIGINAL = { env: [{ name: 'NAME', value: 'original' }] }

// By itself, for its times.
test.serial('three environments and a developer stand beside each other on one workload', async t => {
  const namespace = await makeNamespace(t)
  const [pods, caller, maria] = await Promise.all([
    deployApp(namespace, { ...ORIGINAL, replicas: 2 }), startCaller(t, namespace), startProgram(t, 'maria')
  ])

  const first = await envUp(namespace, 'pr-1', 'version 1')
  t.log(`up to the first marked answer: ${first.firstAnswerMs} ms\n${first.stderr}`)
  const others = await Promise.all(['2', '3'].map(async number => await envUp(namespace, `pr-${number}`, `version ${number}`)))
  t.log(`two more at once: ${others.map(({ firstAnswerMs }) => firstAnswerMs).join(' and ')} ms`)
  const developer = await startIntercept(t, ['app', '-n', namespace, '--port', String(maria.port), '--id', 'maria-12345678'])

  for (const pod of pods) {
    const answers = async (headers: Readonly<Record<string, string>>): Promise<unknown> =>
      (await caller.request(urlOf(pod), headers)).json.answeredBy
    t.is(await answers({}), 'original')
    t.is(await answers({ 'x-waylay-id': 'pr-1-aaaaaaaa' }), 'original', 'a value that nobody holds')
    t.is(await answers({ 'x-waylay-id': 'maria-12345678' }), 'maria')
    for (const [index, { headers }] of [first, ...others].entries()) t.is(await answers(headers), `version ${index + 1}`)
  }
  await developer.stop()

  const table = await kubectl(['-n', namespace, 'get', 'environments'])
  t.log(table)
  t.regex(table, /NAME +VALUE +WORKLOADS +PHASE +EXPIRES +AGE\n/)
  t.regex(table, /pr-1 +pr-1-\S{8} +deployment\/app +Ready +/)
  await kubectl(['-n', namespace, 'delete', 'environment', 'pr-1', '--wait=false'])
  await allGone(namespace, 'pr-1')
  for (const pod of pods) t.is((await caller.request(urlOf(pod), first.headers)).json.answeredBy, 'original')
})

test('new versions, a restarted companion and a version that crashes cost nobody a request', async t => {
  const namespace = await makeNamespace(t)
  await deployApp(namespace, { ...ORIGINAL, replicas: 2 })
  const first = await envUp(namespace, 'pr-1', 'version 1')
  const url = 'http://app/'
  const { marked, unmarked } = await startSteadyCallers(namespace, {
    marked: { url, headers: first.headers }, unmarked: { url }
  })
  const before = await generationsOf(namespace, 'pr-1')

  const again = await envUp(namespace, 'pr-1', 'version 1')
  t.is(await generationsOf(namespace, 'pr-1'), before, 'nothing was changed')
  t.deepEqual([again.created, again.header], [false, first.header])
  t.true(Date.parse(again.expiresAt) > Date.parse(first.expiresAt))

  const second = await envUp(namespace, 'pr-1', 'version 2')
  t.deepEqual(second.header, first.header)
  t.log(`the same again: ${again.firstAnswerMs} ms; the next version: ${second.firstAnswerMs} ms`)

  await kubectl(['-n', namespace, 'rollout', 'restart', 'deployment/waylay-env-pr-1'])
  await kubectl(['-n', namespace, 'rollout', 'status', 'deployment/waylay-env-pr-1', '--timeout=60s'])

  const copies = async (): Promise<string> =>
    await kubectl(['-n', namespace, 'get', 'pods', '-l', 'waylay.dev/copy=app-pr-1', '-o', 'name'])
  const pod = await eventually('one pod of the copy is left', async () => {
    const names = await copies()
    return names.trim().includes('\n') ? undefined : names
  })
  const crashed = await tryEnvUp(namespace, 'pr-1', ['--workload', 'app', '--env', 'NAME=version 3', ...CRASHES])
  t.is(crashed.exitCode, 5)
  t.regex(crashed.stderr, /The last lines of container app of app-pr-1-[^]*Cannot find module '\/nowhere\/at-all.js'/)
  await eventually('the pod of before is the only one again', async () => await copies() === pod ? true : undefined)
  t.deepEqual((await envUp(namespace, 'pr-1', 'version 2')).header, first.header)
  t.is(await copies(), pod, 'it never went away')
  t.log(`the companion holds ${await companionMib(namespace, 'pr-1')} MiB`)

  const counts = { marked: await marked?.stop() ?? {}, unmarked: await unmarked?.stop() ?? {} }
  t.log(JSON.stringify(counts))
  t.deepEqual(Object.keys(counts.unmarked), ['original'])
  t.deepEqual(Object.keys(counts.marked).sort(), ['version 1', 'version 2'])
})

test('a first version that crashes or cannot be pulled leaves nothing behind', async t => {
  const namespace = await makeNamespace(t)
  await deployApp(namespace, ORIGINAL)

  const crashed = await tryEnvUp(namespace, 'pr-1', ['--workload', 'app', ...CRASHES])
  t.is(crashed.exitCode, 5)
  t.regex(crashed.stderr, /Cannot find module '\/nowhere\/at-all.js'[^]*does not start: container app of app-pr-1-\S+ ended with 1/)
  t.deepEqual(await whatIsLeft(namespace, 'pr-1'), [])

  const unpulled = await tryEnvUp(namespace, 'pr-2', ['--workload', 'app', '--image', 'app=waylay.invalid/nowhere:1'])
  t.is(unpulled.exitCode, 5)
  t.regex(unpulled.stderr, /cannot start: (ImagePullBackOff|ErrImagePull)/)
  t.deepEqual(await whatIsLeft(namespace, 'pr-2'), [])
  t.log(crashed.stderr)
})

test('gRPC and WebSockets reach the copies of two workloads under one name', async t => {
  const namespace = await makeNamespace(t)
  const [[grpc], [sockets]] = await Promise.all([
    deployApp(namespace, {
      name: 'calls', program: await mountProgram(namespace, 'grpc-app.ts'), probe: { tcpSocket: { port: 8080 }, periodSeconds: 1 }
    }),
    deployApp(namespace, { name: 'sockets', program: await mountProgram(namespace, 'websocket-app.ts') })
  ])
  const both = await tryEnvUp(namespace, 'pr-1', ['--workload', 'calls', '--workload', 'sockets', '--env', 'NAME=pr-1'])
  t.is(both.exitCode, 0, both.stderr)
  const { header } = JSON.parse(both.stdout) as { header: { name: string, value: string } }
  const [calls, opens] = await Promise.all([
    startProgramPod(t, namespace, 'grpc-caller.ts'), startProgramPod(t, namespace, 'websocket-caller.ts')
  ])

  await calls('open', { address: `${grpc?.status.podIP ?? ''}:8080` })
  t.like(await calls('unary', { marked: header.value, text: 'x' }), { code: 'OK', by: 'pr-1' })
  t.like(await calls('download', { marked: header.value, text: 'x', count: 50 }), { code: 'OK', by: 'pr-1', count: 50 })
  t.like(await calls('unary', { marked: false, text: 'x' }), { code: 'OK', by: 'app' })

  const url = `ws://${sockets?.status.podIP ?? ''}:8080`
  t.is(await opens('open', { name: 'marked', url, headers: { [header.name]: header.value } }), 'pr-1')
  t.is(await opens('open', { name: 'unmarked', url }), 'app')
  t.like(await opens('binary', { name: 'marked', bytes: 1_000_000 }), { bytes: 1_000_000, same: true })
})
