import test from 'ava'
import { startCaller } from '../helpers/caller-pod.ts'
import { eventually, getJson, kubectl, tryKubectl } from '../helpers/kube.ts'
import { makeNamespace } from '../helpers/namespace.ts'
import { deployApp, isReady, urlOf, type Pod } from '../helpers/workload.ts'

const POD_IP = { name: 'BIND', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } }

test('the tunnel port is refused from another pod', async t => {
  const namespace = await makeNamespace(t)
  const [pod] = await deployApp(namespace)
  const caller = await startCaller(t, namespace)
  const ip = pod?.status.podIP ?? ''

  await eventually('the health port answers, so the pod is reached', async () =>
    await caller.dial(ip, 15902) === 'connected' ? true : undefined)
  t.is(await caller.dial(ip, 15900), 'ECONNREFUSED')
})

test('an app bound to the pod\'s address is reached through the proxy', async t => {
  const namespace = await makeNamespace(t)
  const [pod] = await deployApp(namespace, { env: [POD_IP] })
  const caller = await startCaller(t, namespace)

  const answer = await eventually('the proxy is in front of the app', async () => {
    const { json } = await caller.request(urlOf(pod as Pod))
    return json.peer?.includes('169.254.15.') === true ? json : undefined
  })
  t.is(answer.answeredBy, 'app')
})

test('an app that restarts is behind the proxy again when it is ready', async t => {
  const namespace = await makeNamespace(t)
  const [pod] = await deployApp(namespace) as [Pod]
  const caller = await startCaller(t, namespace)
  const passesProxy = async (): Promise<true | undefined> =>
    (await caller.request(urlOf(pod))).json.peer?.includes('169.254.15.') === true ? true : undefined
  await eventually('the proxy is in front of the app', passesProxy)

  await kubectl(['-n', namespace, 'exec', pod.metadata.name, '-c', 'app', '--', 'sh', '-c', 'kill 1'])
  await eventually('the app has restarted and is ready', async () => {
    const now = await getJson<Pod>(['-n', namespace, 'pod', pod.metadata.name])
    const restarts = now.status.containerStatuses?.find(({ name }) => name === 'app')?.restartCount ?? 0
    return restarts > 0 && isReady(now) ? true : undefined
  })

  // A connection that went past the proxy now would do so for life.
  t.true(await passesProxy())
})

test('an app bound to 127.0.0.1 is as unreachable as without us', async t => {
  const [labelled, plain] = await Promise.all([makeNamespace(t), makeNamespace(t, { inject: false })])
  const options = { env: [{ name: 'BIND', value: '127.0.0.1' }], probe: null }
  const [[injected], [untouched]] = await Promise.all([deployApp(labelled, options), deployApp(plain, options)])
  const caller = await startCaller(t, plain)

  const without = await caller.request(urlOf(untouched as Pod))
  const withUs = await caller.request(urlOf(injected as Pod))

  t.is(without.error, 'ECONNREFUSED')
  t.is(withUs.error, 'ECONNREFUSED')
})

test('a pod that calls itself, directly or by its Service, is answered and never loops', async t => {
  const namespace = await makeNamespace(t)
  const [pod] = await deployApp(namespace)
  const name = pod?.metadata.name ?? ''
  for (const url of [urlOf(pod as Pod), `http://app.${namespace}`]) {
    const script = `const a = await fetch('${url}/self'); console.log(a.status, (await a.json()).answeredBy)`
    const said = await eventually(`${url} answers its own pod`, async () => {
      const { stdout, exitCode } = await tryKubectl(
        ['-n', namespace, 'exec', name, '-c', 'app', '--', 'node', '--input-type=module', '-e', script])
      return exitCode === 0 ? stdout.trim() : undefined
    })
    t.is(said, '200 app')
  }
  const metrics = await kubectl(['get', '--raw', `/api/v1/namespaces/${namespace}/pods/${name}:15902/proxy/metrics`])
  const turns = Number(/^waylay_turns_total\{port="8080",route="app"\} (\d+)/m.exec(metrics)?.[1])
  t.log(`turns the proxy saw: ${turns}`)
  t.true(turns < 20, 'a loop would be counted in hundreds')
})
