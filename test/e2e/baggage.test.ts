import test from 'ava'
import type { SentHeaders } from './fixtures/send-request.ts'
import { startCaller, type CallerPod } from '../helpers/caller-pod.ts'
import { eventually } from '../helpers/kube.ts'
import { makeNamespace } from '../helpers/namespace.ts'
import { startProgram } from '../helpers/program.ts'
import { startIntercept } from '../helpers/waylay.ts'
import { deployApp, urlOf, type Pod } from '../helpers/workload.ts'

const ON_DEMAND = { 'waylay.dev/redirect': 'on-demand' }
const HEADER = { 'x-waylay-id': 'pr-1' }
const FOREIGN = 'tenant=a;p=1,trace=on'

/** Until the first beat the app is reached directly: waits until its peer is an address of the proxy's. */
async function waitForProxy (caller: CallerPod, url: string): Promise<void> {
  await eventually(`the proxy is in front of ${url}`, async () => {
    const { json } = await caller.request(url)
    return /169\.254\.15\./.test(json.peer ?? '') ? true : undefined
  })
}

test('the header travels on in baggage, foreign members stay, and no longer value is taken for it', async t => {
  // A value as short as pr-1 needs the consent of a global one.
  const namespace = await makeNamespace(t, { annotations: { 'waylay.dev/intercepts': 'all' } })
  const [[always], [onDemand]] = await Promise.all([
    deployApp(namespace), deployApp(namespace, { name: 'ondemand', annotations: ON_DEMAND })
  ])
  const caller = await startCaller(t, namespace)
  const [url, onDemandUrl] = [urlOf(always as Pod), urlOf(onDemand as Pod)]
  await waitForProxy(caller, url)
  const ask = async (to: string, headers: SentHeaders): Promise<unknown> => {
    const { json } = await caller.request(to, headers)
    return [json.answeredBy, json.headers?.['baggage']]
  }

  t.deepEqual(await ask(url, HEADER), ['app', 'waylay-id=pr-1'])
  t.deepEqual(await ask(url, { ...HEADER, baggage: FOREIGN }), ['app', `${FOREIGN},waylay-id=pr-1`])
  t.deepEqual(await ask(url, { ...HEADER, baggage: ['a=b', FOREIGN] }), ['app', `a=b, ${FOREIGN},waylay-id=pr-1`])
  t.deepEqual(await ask(url, { baggage: FOREIGN }), ['app', FOREIGN])
  t.deepEqual(await ask(onDemandUrl, { ...HEADER, baggage: FOREIGN }), ['app', FOREIGN])

  const program = await startProgram(t, 'pr-1')
  await Promise.all(['app', 'ondemand'].map(async workload =>
    await startIntercept(t, [workload, '-n', namespace, '--port', String(program.port), '--id', 'pr-1'])))
  await waitForProxy(caller, onDemandUrl)

  t.deepEqual(await ask(url, { ...HEADER, baggage: FOREIGN }), ['pr-1', `${FOREIGN},waylay-id=pr-1`])
  t.deepEqual(await ask(url, { baggage: `${FOREIGN}, waylay-id = pr%2D1;p` }), ['pr-1', `${FOREIGN}, waylay-id = pr%2D1;p`])
  t.deepEqual(await ask(url, { 'x-waylay-id': 'pr-10' }), ['app', 'waylay-id=pr-10'])
  t.deepEqual(await ask(url, { baggage: 'waylay-id=pr-10' }), ['app', 'waylay-id=pr-10'])
  t.deepEqual(await ask(url, { baggage: 'waylay-id2=pr-1,x-waylay-id=pr-1' }), ['app', 'waylay-id2=pr-1,x-waylay-id=pr-1'])
  t.deepEqual(await ask(onDemandUrl, { ...HEADER, baggage: FOREIGN }), ['pr-1', FOREIGN], 'on demand nothing is added')
})
