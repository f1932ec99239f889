/** What our containers ask for, by the word of the real LimitRanger, ResourceQuota and kubelet. */
import test, { type ExecutionContext } from 'ava'
import { apply, eventually, getJson, kubectl, tryKubectl } from '../helpers/kube.ts'
import { makeNamespace } from '../helpers/namespace.ts'
import { podTemplate, readyPods } from '../helpers/workload.ts'

type Quantities = Readonly<Record<string, string>>
type Resources = { readonly requests?: Quantities, readonly limits?: Quantities }
type Seen = {
  readonly spec: { readonly initContainers?: readonly { readonly name: string, readonly resources: Resources }[] }
  readonly status: { readonly qosClass: string }
}

const SMALL = { requests: { cpu: '20m', memory: '64Mi' }, limits: { cpu: '100m', memory: '128Mi' } }

function aPod (namespace: string, resources: object, parts: { readonly init?: object } = {}): object {
  const { metadata, spec } = podTemplate()
  const [app] = spec.containers
  const init = { ...app, name: 'prepare', command: ['true'], ports: undefined, readinessProbe: undefined, resources: parts.init }
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { ...metadata, name: 'app', namespace },
    spec: { ...spec, containers: [{ ...app, resources }], ...(parts.init !== undefined && { initContainers: [init] }) }
  }
}

/** As it would be made, and what its maker is told. */
async function tryPod (pod: object): Promise<{ readonly pod: Seen, readonly warnings: string }> {
  const { stdout, stderr } = await tryKubectl(['create', '--dry-run=server', '-o', 'json', '-f', '-'], JSON.stringify(pod))
  if (stdout === '') throw new Error(stderr)
  return { pod: JSON.parse(stdout) as Seen, warnings: stderr }
}

/** Made, and ready; what ours asked for is printed. */
async function startPod (t: ExecutionContext, namespace: string, pod: object, what: string): Promise<Seen> {
  await kubectl(['create', '-f', '-'], JSON.stringify(pod))
  await readyPods(namespace, 'app', 1)
  const seen = await getJson<Seen>(['-n', namespace, 'pod', 'app'])
  t.log(`${what}: ${seen.status.qosClass}, ours: ${JSON.stringify(oursOf(seen) ?? 'none')}`)
  await kubectl(['-n', namespace, 'delete', 'pod', 'app', '--wait=false', '--grace-period=1'])
  return seen
}

/** Of the sidecar; the init container's are the same. */
function oursOf ({ spec }: Seen): Resources | undefined {
  return spec.initContainers?.find(({ name }) => name === 'waylay-proxy')?.resources
}

const GUARANTEED = { limits: { cpu: '50m', memory: '96Mi' } }
const classes: Record<string, readonly [object, { readonly init?: object }?]> = {
  BestEffort: [{}],
  Burstable: [{ requests: { cpu: '20m' } }],
  Guaranteed: [GUARANTEED],
  'Guaranteed with an init container': [GUARANTEED, { init: GUARANTEED }]
}
for (const [name, [resources, parts = {}]] of Object.entries(classes)) {
  const [qosClass = ''] = name.split(' ')
  test.serial(`a pod that is ${name} is it with the sidecar too, and starts`, async t => {
    const [plain, injected] = await Promise.all([makeNamespace(t, { inject: false }), makeNamespace(t)])

    const { pod: before } = await tryPod(aPod(plain, resources, parts))
    const after = await startPod(t, injected, aPod(injected, resources, parts), `a pod that is ${name} without it`)

    t.is(before.status.qosClass, qosClass)
    t.is(after.status.qosClass, before.status.qosClass)
    t.truthy(oursOf(after))
    t.is(oursOf(before), undefined)
  })
}

type Limits = readonly object[]
const ranges: Record<string, readonly [Limits, Resources]> = {
  'a default alone': [
    [{ type: 'Container', default: { cpu: '200m', memory: '64Mi' }, defaultRequest: { cpu: '10m', memory: '32Mi' } }],
    { requests: { cpu: '10m', memory: '64Mi' }, limits: { cpu: '8', memory: '4Gi' } }
  ],
  'a maximum': [
    [{ type: 'Container', max: { cpu: '500m', memory: '256Mi' } }],
    { requests: { cpu: '10m', memory: '64Mi' }, limits: { cpu: '500m', memory: '256Mi' } }
  ],
  'a minimum': [
    [{ type: 'Container', min: { cpu: '15m', memory: '64Mi' } }], { requests: { cpu: '15m', memory: '64Mi' } }
  ],
  'a ratio': [
    [{ type: 'Container', maxLimitRequestRatio: { cpu: '5', memory: '2' } }],
    { requests: { cpu: '100m', memory: '128Mi' }, limits: { cpu: '500m', memory: '256Mi' } }
  ],
  'a maximum of the whole pod': [
    [{ type: 'Pod', max: { cpu: '400m', memory: '512Mi' } }],
    { requests: { cpu: '10m', memory: '64Mi' }, limits: { cpu: '300m', memory: '384Mi' } }
  ]
}
for (const [name, [limits, expected]] of Object.entries(ranges)) {
  test.serial(`in a namespace with ${name} the app starts with the sidecar, which has what fits`, async t => {
    const [plain, injected] = await Promise.all([makeNamespace(t, { inject: false }), makeNamespace(t)])
    for (const namespace of [plain, injected]) {
      await apply({ apiVersion: 'v1', kind: 'LimitRange', metadata: { name: 'small', namespace }, spec: { limits } })
    }
    const { warnings } = await eventually('the webhook knows the LimitRange', async () => {
      const tried = await tryPod(aPod(injected, SMALL))
      return oursOf(tried.pod)?.limits?.['cpu'] === expected.limits?.['cpu'] ? tried : undefined
    })

    const before = await tryPod(aPod(plain, SMALL))
    const after = await startPod(t, injected, aPod(injected, SMALL), name)

    t.deepEqual(oursOf(after), expected)
    t.is(after.status.qosClass, before.pod.status.qosClass)
    t.is(/the sidecar has limits here: .*LimitRange "small"/.test(warnings), expected.limits !== undefined, warnings)
  })
}

async function makeQuota (t: ExecutionContext, hard: object): Promise<string> {
  const namespace = await makeNamespace(t)
  await apply({ apiVersion: 'v1', kind: 'ResourceQuota', metadata: { name: 'team', namespace }, spec: { hard } })
  await eventually('the quota counts', async () => {
    const { status } = await getJson<{ status: { hard?: object } }>(['-n', namespace, 'resourcequota', 'team'])
    return status.hard
  })
  return namespace
}

test.serial('where a quota demands limits the app starts with a sidecar that has some', async t => {
  const namespace = await makeQuota(t, { 'limits.cpu': '2', 'limits.memory': '1Gi', 'requests.cpu': '1' })
  const { warnings } = await eventually('the webhook knows the quota', async () => {
    const tried = await tryPod(aPod(namespace, SMALL))
    return oursOf(tried.pod)?.limits === undefined ? undefined : tried
  })
  t.log(warnings.trim())

  const after = await startPod(t, namespace, aPod(namespace, SMALL), 'a quota on limits')

  t.deepEqual(oursOf(after), { requests: { cpu: '10m', memory: '64Mi' }, limits: { cpu: '500m', memory: '256Mi' } })
  t.regex(warnings, /ResourceQuota "team"/)
})

test.serial('where a quota has no room for us the app starts without the sidecar, and its maker is told', async t => {
  const namespace = await makeQuota(t, { 'limits.memory': '200Mi', pods: '5' })
  const { pod, warnings } = await eventually('the webhook knows the quota', async () => {
    const tried = await tryPod(aPod(namespace, SMALL))
    return oursOf(tried.pod) === undefined ? tried : undefined
  })
  t.log(warnings.trim())

  await startPod(t, namespace, aPod(namespace, SMALL), 'a full quota')

  t.is(oursOf(pod), undefined)
  t.regex(warnings, /not injected: ResourceQuota "team" leaves too little memory for the sidecar \(72Mi left\), which needs 128Mi/)
})
