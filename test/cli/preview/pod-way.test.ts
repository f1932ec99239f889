import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import test, { type ExecutionContext } from 'ava'
import { PodWay } from '../../../cli/preview/pod-way.ts'
import { addService, sliceOf, startFakeServices, type FakeServices } from '../reach/fake-services.ts'
import { until } from '../helpers/until.ts'

const HTTP = { port: 80, name: 'http', tls: false }
const CONFIG = {
  version: '0.1.0',
  mode: 'iptables',
  namespace: 'shop',
  workload: 'deployment/pay',
  ports: [{ port: 8080, listener: 15100, redirect: 'always' }],
  detours: [],
  forwardedFor: false,
  ticketKey: 'a2V5'
}

type Standing = { readonly services: FakeServices, readonly way: PodWay, readonly notes: string[] }

async function start (t: ExecutionContext, pods: readonly string[], listener = 15100): Promise<Standing> {
  const services = await startFakeServices(t)
  addService(services, 'pay', pods)
  const config = { ...CONFIG, ports: CONFIG.ports.map(port => ({ ...port, listener })) }
  for (const pod of pods) {
    const proxy = { name: 'waylay-proxy', env: [{ name: 'WAYLAY_CONFIG', value: JSON.stringify(config) }] }
    services.objects.set(`/api/v1/namespaces/shop/pods/${pod}`, { metadata: { name: pod }, spec: { initContainers: [proxy] } })
  }
  const ended = new AbortController()
  t.teardown(() => { ended.abort() })
  const notes: string[] = []
  const { cluster } = services
  const way = new PodWay({
    cluster, namespace: 'shop', service: 'pay', port: HTTP, signal: ended.signal, note: line => { notes.push(line) }
  })
  return { services, way, notes }
}

/** The pod and port that a new connection comes to. */
async function reached (t: ExecutionContext, way: PodWay): Promise<string> {
  const { stream } = await way.dial()
  t.teardown(() => { stream.destroy() })
  const [bytes] = await once(stream, 'data') as [Buffer]
  return bytes.toString().trim()
}

/** The fake tells of changes only those who watch already. */
async function followed ({ asked }: FakeServices): Promise<void> {
  await until(() => asked.some(line => line.startsWith('WATCH')))
}

/** As a request does it that is asked again; a refusal may come when the stream stands already. */
async function reachedAtLast (t: ExecutionContext, way: PodWay): Promise<string> {
  for (let tries = 1; ; tries++) {
    try {
      return await reached(t, way)
    } catch (error) {
      if (tries === 100) throw error
      await delay(20)
    }
  }
}

test('the way leads to the pod\'s proxy, and stays with one pod', async t => {
  const { way } = await start(t, ['pay-1', 'pay-2'])
  const first = await reached(t, way)
  t.regex(first, /^pay-[12]:15100$/)
  for (let count = 0; count < 3; count++) t.is(await reached(t, way), first)
})

test('a pod that is not ready any more is left for another', async t => {
  const { services, way } = await start(t, ['pay-1', 'pay-2'])
  const [first = '', other] = (await reached(t, way)).startsWith('pay-1') ? ['pay-1', 'pay-2'] : ['pay-2', 'pay-1']
  t.true(way.isWanted(first))
  await followed(services)
  services.setSlices('pay', [sliceOf('pay', [`!${first}`, String(other)])])
  await until(() => !way.isWanted(first))
  t.is(await reached(t, way), `${other}:15100`)
})

test('a pod that is just gone is passed over', async t => {
  const { services, way } = await start(t, ['pay-1', 'pay-2'])
  services.gone.add('pay-1')
  t.is(await reached(t, way), 'pay-2:15100')
})

test('a pod that was refused a moment ago is tried again where there is no other', async t => {
  const { services, way } = await start(t, ['pay-1'])
  services.gone.add('pay-1')
  await t.throwsAsync(way.dial(), { code: 'WAYLAY_REACH_REFUSED', message: /pay-1/ })
  services.gone.clear()
  t.is(await reached(t, way), 'pay-1:15100')
})

test('where the proxy does not listen, the app itself is reached', async t => {
  // Nobody listens on this port of the fake's pods.
  const { way } = await start(t, ['pay-1'], 9000)
  t.is(await reachedAtLast(t, way), 'pay-1:8080')
})

test('a pod without a proxy, and one that may not be read, is reached at the app\'s port', async t => {
  const { services, way, notes } = await start(t, ['pay-1'])
  services.objects.set('/api/v1/namespaces/shop/pods/pay-1', { code: 403, message: 'pods "pay-1" is forbidden' })
  t.is(await reached(t, way), 'pay-1:8080')
  await reached(t, way)
  t.is(notes.length, 1, notes.join('\n'))
  t.regex(notes[0] ?? '', /never to a developer \(WAYLAY_FORBIDDEN\)$/)
})

test('without a ready pod it says so, and finds one later', async t => {
  const { services, way } = await start(t, ['pay-1'])
  services.setSlices('pay', [sliceOf('pay', ['!pay-1'])])
  await t.throwsAsync(way.dial(), { code: 'WAYLAY_REACH_REFUSED', message: 'Service shop/pay has no ready pod behind its port 80' })
  await followed(services)
  services.setSlices('pay', [sliceOf('pay', ['pay-1'])])
  t.is(await reachedAtLast(t, way), 'pay-1:15100')
})
