import test from 'ava'
import { eventOn, ourEvents } from '../helpers/events.ts'
import { apply, eventually, getJson, kubectl, tryKubectl } from '../helpers/kube.ts'
import { makeNamespace } from '../helpers/namespace.ts'
import { containerNames, deployApp, podTemplate, readyPods, type Pod } from '../helpers/workload.ts'

const WEBHOOK = ['-n', 'waylay-system', 'deployment/waylay-webhook']
const MISSING_IMAGE = 'registry.invalid/waylay/missing:1'
const PROPAGATE = { 'waylay.dev/propagate': 'nodejs' }

/** Which of our images the webhook puts into pods. */
type Ours = 'WAYLAY_SIDECAR_IMAGE' | 'WAYLAY_PROPAGATE_IMAGE'

async function setImage (ours: Ours, image: string): Promise<void> {
  await kubectl(['set', 'env', ...WEBHOOK, `${ours}=${image}`])
  await kubectl(['rollout', 'status', ...WEBHOOK, '--timeout=90s'])
}

async function imageOf (ours: Ours): Promise<string> {
  type Deployment = { spec: { template: { spec: { containers: { env: { name: string, value?: string }[] }[] } } } }
  const { spec } = await getJson<Deployment>(WEBHOOK)
  return spec.template.spec.containers[0]?.env.find(({ name }) => name === ours)?.value ?? ''
}

/** Whether the webhook would put a container of ours into a pod there, by a dry run; which image, if so. */
async function injectedImage (namespace: string, container = 'waylay-init'): Promise<string | undefined> {
  const { metadata, spec } = podTemplate({ name: 'asked', annotations: PROPAGATE })
  const pod = JSON.stringify({ apiVersion: 'v1', kind: 'Pod', metadata: { ...metadata, name: 'asked' }, spec })
  const { stdout } = await tryKubectl(['-n', namespace, 'create', '--dry-run=server', '-o', 'json', '-f', '-'], pod)
  type Container = { readonly name: string, readonly image: string }
  type Asked = { readonly spec: { readonly initContainers?: readonly Container[] } }
  return (JSON.parse(stdout) as Asked).spec.initContainers?.find(({ name }) => name === container)?.image
}

test.serial('an image that cannot be pulled keeps no app from starting', async t => {
  const image = await imageOf('WAYLAY_SIDECAR_IMAGE')
  const [namespace, plain] = await Promise.all([makeNamespace(t), makeNamespace(t)])
  await setImage('WAYLAY_SIDECAR_IMAGE', MISSING_IMAGE)
  try {
    await eventually('pods get the missing image', async () =>
      await injectedImage(plain) === MISSING_IMAGE ? true : undefined)
    const bare = podTemplate({ name: 'bare' })
    const startedMs = performance.now()
    await apply({
      apiVersion: 'v1', kind: 'Pod', metadata: { ...bare.metadata, name: 'bare', namespace }, spec: bare.spec
    })
    const [pod] = await deployApp(namespace)

    t.log(`the app was ready ${((performance.now() - startedMs) / 1000).toFixed(1)} s after it was applied`)
    t.deepEqual(containerNames(pod as Pod), ['app'])
    t.regex((await eventOn(namespace, 'WaylayPodDeleted', 'ReplicaSet', 'app')).message, /waylay-init cannot start/)
    t.is((await eventOn(namespace, 'WaylayStuck', 'Pod', 'bare')).involvedObject.name, 'bare')
    t.deepEqual(containerNames(await getJson<Pod>(['-n', namespace, 'pod', 'bare'])), ['waylay-init', 'waylay-proxy', 'app'])
    t.is(await injectedImage(namespace), undefined)
    t.is(await injectedImage(plain), MISSING_IMAGE)
    const names = (await ourEvents(namespace)).map(({ reason, involvedObject }) => `${reason} ${involvedObject.name}`)
    t.is(new Set(names).size, names.length)
  } finally {
    await setImage('WAYLAY_SIDECAR_IMAGE', image)
  }
  t.is(await eventually('another image is tried at once', () => injectedImage(namespace)), image)
})

test.serial('an instrumentation that cannot be pulled keeps no app from starting either', async t => {
  const image = await imageOf('WAYLAY_PROPAGATE_IMAGE')
  const [namespace, plain] = await Promise.all([makeNamespace(t), makeNamespace(t)])
  const injected = async (): Promise<string | undefined> => await injectedImage(plain, 'waylay-propagate')
  await setImage('WAYLAY_PROPAGATE_IMAGE', MISSING_IMAGE)
  try {
    await eventually('pods get the missing image', async () => await injected() === MISSING_IMAGE ? true : undefined)

    const [pod] = await deployApp(namespace, { annotations: PROPAGATE })

    t.deepEqual(containerNames(pod as Pod), ['app'])
    t.regex((await eventOn(namespace, 'WaylayPodDeleted', 'ReplicaSet', 'app')).message, /waylay-propagate cannot start/)
  } finally {
    await setImage('WAYLAY_PROPAGATE_IMAGE', image)
  }
  t.is(await eventually('the image is there again', async () => await injected() === image ? image : undefined), image)
})

test.serial('a pod whose own image is missing is left to its owner', async t => {
  const namespace = await makeNamespace(t)
  const { metadata, spec } = podTemplate({ name: 'typo' })
  const containers = spec.containers.map(container => ({ ...container, image: 'registry.invalid/shop/typo:1' }))
  await apply({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'typo', namespace },
    spec: { selector: { matchLabels: { app: 'typo' } }, template: { metadata, spec: { ...spec, containers } } }
  })
  type Listed = { readonly items: readonly (Pod & { readonly metadata: { readonly uid: string } })[] }
  const waiting = await eventually('the app cannot be pulled', async () => {
    const { items: [pod] } = await getJson<Listed>(['-n', namespace, 'pods'])
    return JSON.stringify(pod?.status.containerStatuses ?? '').includes('ImagePull') ? pod : undefined
  })
  await new Promise(resolve => setTimeout(resolve, 25_000))

  const { items } = await getJson<Listed>(['-n', namespace, 'pods'])
  t.deepEqual(items.map(pod => pod.metadata.uid), [waiting.metadata.uid])
  t.deepEqual(await ourEvents(namespace), [])
})

test.serial('a numeric port that only a Service names is redirected', async t => {
  const namespace = await makeNamespace(t)
  await apply({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'quiet', namespace },
    spec: { selector: { app: 'quiet' }, ports: [{ port: 80, targetPort: 8080 }] }
  })
  const options = { name: 'quiet', declaresPort: false, probe: null }
  const { metadata, spec } = podTemplate(options)
  const trial = { apiVersion: 'v1', kind: 'Pod', metadata: { ...metadata, name: 'trial', namespace }, spec }
  await eventually('the webhook knows the Service', async () => {
    const answer = await kubectl(['create', '--dry-run=server', '-o', 'json', '-f', '-'], JSON.stringify(trial))
    return containerNames(JSON.parse(answer) as Pod).includes('waylay-proxy') ? true : undefined
  })
  await deployApp(namespace, options)

  const [pod] = await readyPods(namespace, 'quiet', 1)
  const status = JSON.parse(pod?.metadata.annotations?.['waylay.dev/status'] ?? '{}') as { ports?: { port: number }[] }
  t.deepEqual(status.ports?.map(({ port }) => port), [8080])
})

test.serial('a node with an old kubelet keeps pods as they are', async t => {
  const namespace = await makeNamespace(t)
  const name = `old-${namespace}`
  await apply({ apiVersion: 'v1', kind: 'Node', metadata: { name }, spec: { unschedulable: true } })
  try {
    const status = { status: { nodeInfo: { kubeletVersion: 'v1.28.15', operatingSystem: 'linux' } } }
    await kubectl(['patch', 'node', name, '--subresource=status', '--type=merge', '-p', JSON.stringify(status)])
    await eventually('pods are not injected', async () =>
      await injectedImage(namespace) === undefined ? true : undefined)
    const { stderr } = await tryKubectl(['-n', namespace, 'run', 'asked', '--image=x', '--port=80', '--dry-run=server'])
    t.regex(stderr, new RegExp(`${name} is v?1.28`))
  } finally {
    await kubectl(['delete', 'node', name])
  }
  t.truthy(await eventually('pods are injected again', () => injectedImage(namespace)))
})
