import test, { type ExecutionContext } from 'ava'
import { startCaller, type CallerPod } from '../helpers/caller-pod.ts'
import { eventually, tryKubectl } from '../helpers/kube.ts'
import { makeNamespace } from '../helpers/namespace.ts'
import { startIntercept } from '../helpers/waylay.ts'
import { deployApp, urlOf, type AppOptions, type Pod } from '../helpers/workload.ts'

const ID = 'maria-12345678'
const PROXY = '169.254.15.'

type Twins = { readonly caller: CallerPod, readonly injected: Pod, readonly untouched: Pod, readonly namespace: string }

test('an app on IPv4 only refuses IPv6 as without us, and its IPv4 callers go through the proxy', async t => {
  const { caller, injected, untouched, namespace } = await startTwins(t, { env: [{ name: 'BIND', value: '0.0.0.0' }] })
  await eventually('IPv4 passes the proxy', async () =>
    (await caller.request(urlOf(injected))).json.peer?.includes(PROXY) === true ? true : undefined)
  const outcomes = await Promise.all([injected, untouched].map(async pod => await dialForSeconds(caller, pod, 6)))
  t.deepEqual(outcomes, [['ECONNREFUSED'], ['ECONNREFUSED']])

  // An intercept keeps the port armed, whatever the mode.
  await startIntercept(t, ['app', '-n', namespace, '--port', '1', '--id', ID])
  t.deepEqual(await dialForSeconds(caller, injected, 6), ['ECONNREFUSED'])
  const { json } = await caller.request(urlOf(injected))
  t.is(json.answeredBy, 'app')
  t.true(json.peer?.includes(PROXY), 'IPv4 still passes the proxy')
  t.log('3 s of IPv6 dials, with and without us, and with an intercept: all refused')
})

test('an app that is not there refuses as without us, on both families', async t => {
  const { caller, injected, untouched } = await startTwins(t, { command: ['sleep', '600'], probe: null })
  for (const family of [4, 6] as const) {
    const outcomes = await Promise.all([
      dialForSeconds(caller, injected, family), dialForSeconds(caller, untouched, family)
    ])
    t.deepEqual(outcomes, [['ECONNREFUSED'], ['ECONNREFUSED']], `IPv${family}`)
  }
})

test('an app that goes away and comes back is seen doing both', async t => {
  const { caller, injected, untouched, namespace } = await startTwins(t, {})
  await eventually('the proxy is in front', async () =>
    (await caller.request(urlOf(injected))).json.peer?.includes(PROXY) === true ? true : undefined)
  const address = urlOf(injected)
  // Stopped by its own shell and started by the kubelet: refused in between, by the kernel or by us. On a busy machine
  // kubectl may end when all of that is over.
  const killing = tryKubectl(['-n', namespace, 'exec', injected.metadata.name, '-c', 'app', '--', 'sh', '-c', 'kill 1'])
  const seen: string[] = []
  await eventually('the app is back behind the proxy', async () => {
    const { error, json } = await caller.request(address)
    const what = error ?? json.answeredBy ?? 'nothing'
    if (seen.at(-1) !== what) seen.push(what)
    return seen.length > 1 && json.peer?.includes(PROXY) === true ? true : undefined
  }, { everyMs: 20, timeoutMs: 30_000 })
  await killing
  t.log(`what callers saw, one after the other: ${seen.join(', ')}`)
  t.is(seen.at(-1), 'app')
  t.false(seen.includes('timeout') || seen.includes('nothing'))
  t.is((await caller.request(urlOf(untouched))).json.answeredBy, 'app')
})

async function startTwins (t: ExecutionContext, options: AppOptions): Promise<Twins> {
  const [namespace, plain] = await Promise.all([makeNamespace(t), makeNamespace(t, { inject: false })])
  const [[injected], [untouched]] = await Promise.all([
    deployApp(namespace, options), deployApp(plain, options)
  ]) as [[Pod], [Pod]]
  return { caller: await startCaller(t, plain), injected, untouched, namespace }
}

/** All outcomes of dialling for 3 s, which is longer than any stamp of the switch lasts. */
async function dialForSeconds (caller: CallerPod, pod: Pod, family: 4 | 6): Promise<readonly string[]> {
  const host = new URL(urlOf(pod, family)).hostname.replace(/^\[|\]$/g, '')
  const outcomes = new Set<string>()
  for (let count = 0; count < 60; count++) {
    outcomes.add(await caller.dial(host, 8080))
    await new Promise(resolve => setTimeout(resolve, 50))
  }
  return [...outcomes]
}
