import test from 'ava'
import { startCaller } from '../helpers/caller-pod.ts'
import { eventually } from '../helpers/kube.ts'
import { makeNamespace } from '../helpers/namespace.ts'
import { startProgram } from '../helpers/program.ts'
import { startSteadyCallers } from '../helpers/steady-caller.ts'
import { startIntercept, waylay } from '../helpers/waylay.ts'
import { deployApp, urlOf } from '../helpers/workload.ts'

const MARIA = { 'x-waylay-id': 'maria-12345678' }
const JON = { 'x-waylay-id': 'jon-abcdefgh' }
const SLEEP_MS = 60_000

// Those that sleep do so beside each other.
test('a laptop that sleeps a minute diverts again when it wakes', async t => {
  const namespace = await makeNamespace(t)
  const pods = await deployApp(namespace, { replicas: 2 })
  const caller = await startCaller(t, namespace)
  const maria = await startProgram(t, 'maria')
  const intercept = await startIntercept(t,
    ['app', '-n', namespace, '--port', String(maria.port), '--id', MARIA['x-waylay-id']])

  intercept.kill('SIGSTOP')
  await new Promise(resolve => setTimeout(resolve, SLEEP_MS))
  for (const pod of pods) t.is((await caller.request(urlOf(pod), MARIA)).json.answeredBy, 'app', 'nobody waits for a sleeper')
  const listed = JSON.parse((await waylay(['list', '-n', namespace, '--output', 'json'])).stdout) as { intercepts: { state: string }[] }
  t.true(listed.intercepts.every(({ state }) => state === 'expired'), JSON.stringify(listed))
  intercept.kill('SIGCONT')

  const startedMs = performance.now()
  for (const pod of pods) {
    await eventually('the next marked request is diverted', async () =>
      (await caller.request(urlOf(pod), MARIA)).json.answeredBy === 'maria' ? true : undefined, { everyMs: 20 })
    t.log(`${pod.metadata.name} diverted ${Math.round(performance.now() - startedMs)} ms after the laptop woke`)
  }
  t.is((await intercept.stop()).exitCode, 0)
})

test('no request of a sleeper\'s ever reaches who joined meanwhile', async t => {
  const namespace = await makeNamespace(t)
  const [pod] = await deployApp(namespace)
  const url = urlOf(pod!)
  const [maria, jon] = [await startProgram(t, 'maria'), await startProgram(t, 'jon')]
  const first = await startIntercept(t,
    ['app', '-n', namespace, '--port', String(maria.port), '--id', MARIA['x-waylay-id']])
  const { hers } = await startSteadyCallers(namespace, { hers: { url, headers: MARIA } })
  first.kill('SIGSTOP')
  const second = await startIntercept(t,
    ['app', '-n', namespace, '--port', String(jon.port), '--id', JON['x-waylay-id']])
  const caller = await startCaller(t, namespace)
  await new Promise(resolve => setTimeout(resolve, SLEEP_MS / 3))
  t.is((await caller.request(url, JON)).json.answeredBy, 'jon')
  first.kill('SIGCONT')
  await eventually('the sleeper is back', async () =>
    (await caller.request(url, MARIA)).json.answeredBy === 'maria' ? true : undefined)

  const counts = await hers!.stop()

  t.log(`requests with the sleeper's header: ${JSON.stringify(counts)}`)
  t.is(counts['jon'], undefined)
  t.true((counts['maria'] ?? 0) > 0 && (counts['app'] ?? 0) > 0, 'there were some before, meanwhile and after')
  t.deepEqual(jon.seen, ['GET /'], 'jon got his own request and no other')
  for (const intercept of [first, second]) t.is((await intercept.stop()).exitCode, 0)
})
