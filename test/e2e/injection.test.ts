import test from 'ava'
import { startCaller } from '../helpers/caller-pod.ts'
import { apply, eventually, getJson, kubectl } from '../helpers/kube.ts'
import { makeNamespace } from '../helpers/namespace.ts'
import { withoutRules, type InjectedPod } from '../helpers/without-rules.ts'
import { containerNames, deployApp, podTemplate, readyPods, urlOf, type Pod } from '../helpers/workload.ts'

test('only pods of a labelled namespace get the proxy, and both answer', async t => {
  const [labelled, plain] = await Promise.all([makeNamespace(t), makeNamespace(t, { inject: false })])
  const [[injected], [untouched]] = await Promise.all([deployApp(labelled), deployApp(plain)])
  const caller = await startCaller(t, plain)

  t.deepEqual(containerNames(injected as Pod), ['waylay-init', 'waylay-proxy', 'app'])
  t.deepEqual(containerNames(untouched as Pod), ['app'])
  t.is((await caller.request(urlOf(injected as Pod))).json.answeredBy, 'app')
  t.is((await caller.request(urlOf(untouched as Pod))).json.answeredBy, 'app')
  await eventually('its Service leads to it', async () =>
    (await caller.request('http://app.' + labelled)).json.answeredBy === 'app' ? true : undefined)
})

test('a pod that says disabled in a labelled namespace is left alone', async t => {
  const namespace = await makeNamespace(t)
  const { metadata, spec } = podTemplate()
  await apply({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { ...metadata, name: 'app', namespace, labels: { 'waylay.dev/inject': 'disabled' } },
    spec
  })
  t.deepEqual(containerNames(await getJson<Pod>(['-n', namespace, 'pod', 'app'])), ['app'])
})

test('in a namespace that leaves it to the pods, only one that asks gets the proxy', async t => {
  const namespace = await makeNamespace(t, { inject: 'pods' })
  const { metadata, spec } = podTemplate()
  const podOf = (name: string, labels: object): object =>
    ({ apiVersion: 'v1', kind: 'Pod', metadata: { ...metadata, name, namespace, labels }, spec })
  await apply(podOf('asks', { 'waylay.dev/inject': 'enabled' }), podOf('silent', {}))
  t.true(containerNames(await getJson<Pod>(['-n', namespace, 'pod', 'asks'])).includes('waylay-proxy'))
  t.deepEqual(containerNames(await getJson<Pod>(['-n', namespace, 'pod', 'silent'])), ['app'])
})

test('an injected pod answers on its IPv6 address through the proxy', async t => {
  const namespace = await makeNamespace(t)
  const [pod] = await deployApp(namespace)
  if (pod?.status.podIPs?.some(({ ip }) => ip.includes(':')) !== true) {
    t.log('the cluster gives pods no IPv6 address')
    t.fail('an IPv6 or dual-stack cluster is needed')
    return
  }
  const caller = await startCaller(t, namespace)
  const seen = await eventually('the proxy is in front of the app on IPv6', async () => {
    const { json } = await caller.request(urlOf(pod, 6))
    return json.peer?.startsWith('fd77:6179:6c61:79:') === true ? json : undefined
  })
  t.is(seen.answeredBy, 'app')
})

test.serial('the webhook being away lets pods start without the proxy', async t => {
  await kubectl(['-n', 'waylay-system', 'scale', 'deployment/waylay-webhook', '--replicas=0'])
  try {
    await eventually('no webhook pod is left', async () => {
      const { items } = await getJson<{ items: unknown[] }>(['-n', 'waylay-system', 'pods'])
      return items.length === 0 ? true : undefined
    })
    const namespace = await makeNamespace(t)
    const [pod] = await deployApp(namespace)
    t.deepEqual(containerNames(pod as Pod), ['app'])
  } finally {
    await kubectl(['-n', 'waylay-system', 'scale', 'deployment/waylay-webhook', '--replicas=2'])
    await kubectl(['-n', 'waylay-system', 'rollout', 'status', 'deployment/waylay-webhook', '--timeout=150s'])
  }
  // A ready pod is not yet a reachable one: kube-proxy has its own pace, and the tests after this one count on it.
  const namespace = await makeNamespace(t)
  await eventually('pods are injected again', async () => {
    const { stdout } = await dryRunPod(namespace)
    return stdout.includes('waylay-proxy') ? true : undefined
  })
})

test('rules that cannot be written leave an app that works with its probes', async t => {
  // The very containers the webhook makes, in a namespace where it does not look, less the capability iptables needs.
  const [labelled, plain] = await Promise.all([makeNamespace(t), makeNamespace(t, { inject: false })])
  const pod = JSON.parse((await dryRunPod(labelled)).stdout) as InjectedPod
  await apply(withoutRules(pod, plain))

  const [ready] = await readyPods(plain, 'app', 1)
  const init = ready?.status.initContainerStatuses?.find(({ name }) => name === 'waylay-init')
  t.is(init?.state.terminated?.exitCode, 0)
  t.log('termination message:', init?.state.terminated?.message)
  t.truthy(init?.state.terminated?.message)
  const caller = await startCaller(t, plain)
  const { json } = await caller.request(urlOf(ready as Pod))
  t.is(json.answeredBy, 'app')
  t.false(json.peer?.includes('169.254.15.') ?? true, 'the app is reached directly')
  t.is(await rulesOf(t, plain), '', 'no rule is left')
})

async function dryRunPod (namespace: string): Promise<{ readonly stdout: string }> {
  const { spec } = podTemplate()
  const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'trial', namespace }, spec }
  return { stdout: await kubectl(['create', '--dry-run=server', '-o', 'json', '-f', '-'], JSON.stringify(pod)) }
}

type Looked = { readonly ephemeralContainerStatuses?: readonly { readonly state: { terminated?: object } }[] }

// A debug container with the right to look: the pod's own have none.
async function rulesOf (t: { readonly log: (text: string) => void }, namespace: string): Promise<string> {
  await kubectl(['-n', namespace, 'patch', 'pod', 'app', '--subresource=ephemeralcontainers', '--type=strategic', '-p',
    JSON.stringify({
      spec: {
        ephemeralContainers: [{
          name: 'look',
          image: 'waylay/sidecar:0.1.0',
          command: ['bash', '-c', 'for save in iptables-nft-save ip6tables-nft-save iptables-legacy-save ip6tables-legacy-save; do "$save" 2>/dev/null; done | grep -i waylay; true'],
          securityContext: { runAsUser: 0, capabilities: { add: ['NET_ADMIN', 'NET_RAW'] } }
        }]
      }
    })])
  const text = await eventually('the rules were read', async () => {
    const { status } = await getJson<{ status: Looked }>(['-n', namespace, 'pod', 'app'])
    if (status.ephemeralContainerStatuses?.[0]?.state.terminated === undefined) return undefined
    return { rules: await kubectl(['-n', namespace, 'logs', 'app', '-c', 'look']) }
  })
  t.log(`rules: ${text.rules}`)
  return text.rules.trim()
}
