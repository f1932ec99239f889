import test from 'ava'
import { startCaller } from '../helpers/caller-pod.ts'
import { standInProcess } from '../helpers/in-process-intercept.ts'
import { makeNamespace } from '../helpers/namespace.ts'
import { startProgram } from '../helpers/program.ts'
import { throughProxy } from '../helpers/through-proxy.ts'
import { startIntercept } from '../helpers/waylay.ts'
import { deployApp, urlOf, type Pod } from '../helpers/workload.ts'

const ID = 'maria-12345678'
const CONNECTIONS = 20
const TIMES = 200
// A process costs half a second of CPU: the others do what it does in this one.
const BY_COMMAND = 20

test('an intercept that starts and ends 200 times under load fails nobody\'s request', async t => {
  const namespace = await makeNamespace(t)
  const [pod] = await deployApp(namespace) as [Pod]
  await throughProxy(pod)
  const [marked, unmarked, short] = ['marked', 'unmarked', 'short'].map(path => `${urlOf(pod)}/${path}`) as [string, string, string]
  const caller = await startCaller(t, namespace)
  const maria = await startProgram(t, 'maria')
  await caller.startKeepAlive(marked, CONNECTIONS, { every: 3, headers: { 'x-waylay-id': ID } })
  await caller.startKeepAlive(unmarked, CONNECTIONS)
  await caller.startShort(short)

  const tookMs: number[] = []
  const notes = new Set<string>()
  for (let time = 0; time < TIMES; time++) {
    const startedMs = performance.now()
    if (time % (TIMES / BY_COMMAND) === 0) {
      const intercept = await startIntercept(t, ['app', '-n', namespace, '--port', String(maria.port), '--id', ID])
      t.is((await intercept.stop()).exitCode, 0)
    } else {
      const intercept = await standInProcess(namespace, ID, maria.port)
      // Sometimes the end meets the first requests, sometimes many are on their way.
      await new Promise(resolve => setTimeout(resolve, time % 5 * 20))
      await intercept.stop()
      t.deepEqual(intercept.failures, [])
      for (const note of intercept.notes) notes.add(note)
    }
    tookMs.push(performance.now() - startedMs)
  }

  const results = [await caller.stopKeepAlive(marked), await caller.stopKeepAlive(unmarked)]
  const shortResult = await caller.stopShort(short)
  for (const note of notes) t.log(`said to the developer: ${note}`)
  t.log(`${TIMES} starts and ends (${BY_COMMAND} by the command), median ${medianOf(tookMs)} ms each`)
  for (const [index, { requests, answeredBy, slowestMs, failures }] of results.entries()) {
    t.log(`${CONNECTIONS} ${index === 0 ? 'connections with marked requests' : 'others'}: ${requests} requests, ` +
      `by ${JSON.stringify(answeredBy)}, ${failures.length} failures, slowest ${slowestMs} ms`)
  }
  t.log(`${shortResult.requests} short connections, ${shortResult.failures.length} failures`)
  for (const { failures } of results) t.deepEqual(failures.slice(0, 4), [])
  t.deepEqual(shortResult.failures, [])
  t.deepEqual(Object.keys(results[1]?.answeredBy ?? {}), ['app'])
  t.true((results[0]?.answeredBy['maria'] ?? 0) > 0, 'some were diverted')
})

function medianOf (values: readonly number[]): number {
  return Math.round(values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0)
}
