import test from 'ava'
import { startCaller } from '../helpers/caller-pod.ts'
import { makeNamespace } from '../helpers/namespace.ts'
import { startProgram } from '../helpers/program.ts'
import { throughProxy } from '../helpers/through-proxy.ts'
import { startIntercept } from '../helpers/waylay.ts'
import { deployApp, urlOf, type Pod } from '../helpers/workload.ts'

const MARIA = { 'x-waylay-id': 'maria-12345678' }
const CONNECTIONS = 50

test('an intercept that starts and ends under load costs none of 50 connections anything', async t => {
  const namespace = await makeNamespace(t)
  const [pod] = await deployApp(namespace) as [Pod]
  const url = `${urlOf(pod)}/load`
  const caller = await startCaller(t, namespace)
  const maria = await startProgram(t, 'maria')
  await throughProxy(pod)
  await caller.startKeepAlive(url, CONNECTIONS)

  const before = await caller.markKeepAlive(url, MARIA)
  const intercept = await startIntercept(t,
    ['app', '-n', namespace, '--port', String(maria.port), '--id', MARIA['x-waylay-id']])
  const during = await caller.markKeepAlive(url, MARIA)
  const again = await caller.markKeepAlive(url, MARIA)
  await intercept.stop()
  const after = await caller.markKeepAlive(url, MARIA)
  const result = await caller.stopKeepAlive(url)

  const all = (name: string): readonly string[] => Array.from({ length: CONNECTIONS }, () => name)
  t.deepEqual(before, all('app'))
  t.deepEqual(during, all('maria'))
  t.deepEqual(again, all('maria'))
  t.deepEqual(after, all('app'))
  t.deepEqual(result.failures, [])
  t.is(result.answeredBy['maria'], 2 * CONNECTIONS)
  t.log(`${result.requests} requests on ${CONNECTIONS} connections, slowest ${result.slowestMs} ms, no failure`)
})
