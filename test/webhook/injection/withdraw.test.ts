import test from 'ava'
import { applyPatch } from '../../../webhook/apply-patch.ts'
import { planInjection } from '../../../webhook/injection/plan.ts'
import { allContainers, type Pod } from '../../../webhook/injection/pod.ts'
import { findInjectionFault, findWithdrawalFault } from '../../../webhook/injection/verify.ts'
import { aContainer, aContext, aPod, inject } from '../pods.ts'
import { goldenCases, planOf } from './golden.ts'

const MESH = { op: 'add', path: '/spec/containers/1', value: { name: 'istio-proxy' } } as const

function withdraw (injected: Pod) {
  const plan = planInjection(injected, aContext())
  if (plan.kind !== 'withdraw') throw new Error(`Not withdrawn: ${plan.kind}`)
  return { plan, pod: applyPatch(injected, plan.patch) as Pod }
}

const isNothing = (value: unknown): boolean =>
  value === undefined || value === null || (typeof value === 'object' && Object.keys(value).length === 0)

/** Without empty lists and what a template may have carried of ours; names of probed ports are numbers. */
function essence (pod: Pod): unknown {
  const ours = ['waylay.dev/status', 'cluster-autoscaler.kubernetes.io/safe-to-evict-local-volumes']
  const ports = allContainers(pod).flatMap(({ ports = [] }) => ports)
  const numbers = new Map(ports.map(({ name, containerPort }) => [name, containerPort]))
  return JSON.parse(JSON.stringify(pod), (key, value: unknown) => {
    if (ours.includes(key) || isNothing(value)) return undefined
    return key === 'port' && typeof value === 'string' ? numbers.get(value) ?? value : value
  })
}

// With two containers that give one name to two ports, names cannot be told apart here.
const cases = goldenCases().filter(golden => planOf(golden).kind === 'inject' && golden.name !== 'probe-same-name-twice')
for (const golden of cases) {
  test(`a pod like ${golden.name} is as it was when its injection is taken back`, t => {
    const plan = planOf(golden)
    if (plan.kind !== 'inject') return t.fail('not injected')
    const hostNetwork = { op: 'add', path: '/spec/hostNetwork', value: true } as const

    const { pod } = withdraw(applyPatch(applyPatch(golden.pod, plan.patch), [hostNetwork]) as Pod)

    t.deepEqual(essence(pod), essence(applyPatch(golden.pod, [hostNetwork]) as Pod))
  })
}

test('a mesh that came after us gets the pod back and the user is told', t => {
  const { pod } = inject(aPod())

  const { plan, pod: after } = withdraw(applyPatch(pod, [MESH]) as Pod)

  t.deepEqual(plan.reason, { kind: 'meshed', by: 'container istio-proxy' })
  t.regex(plan.warning ?? '', /not injected: a service mesh/)
  t.deepEqual(after.spec.containers.map(({ name }) => name), ['app', 'istio-proxy'])
  t.false('initContainers' in after.spec)
})

test('a pod that was withdrawn is not injected when it is asked about once more', t => {
  const { pod } = withdraw(applyPatch(inject(aPod()).pod, [MESH]) as Pod)

  t.like(planInjection(pod, aContext()), { kind: 'skip', reason: { kind: 'meshed' } })
})

test('containers of ours that are not ours inside are left alone', t => {
  const env = [{ name: 'WAYLAY_CONFIG', value: '{"listener":"15100"}' }]
  const pod = aPod({ spec: { hostNetwork: true, initContainers: [{ name: 'waylay-init' }, { name: 'waylay-proxy', env }] } })

  t.deepEqual(planInjection(pod, aContext()), { kind: 'skip', reason: { kind: 'already-injected' } })
})

test('a withdrawal that leaves something or takes too much is found out', t => {
  const before = applyPatch(inject(aPod({ containers: [aContainer({ env: [{ name: 'A', value: 'b' }] })] })).pod, [MESH]) as Pod
  const { plan } = withdraw(before)
  const fault = (patch: typeof plan.patch) => findWithdrawalFault(before, applyPatch(before, patch), patch)

  t.is(fault(plan.patch), undefined)
  for (const [index, left] of ['a container', 'a volume', 'the status', 'the label'].entries()) {
    t.is(fault(plan.patch.filter((_operation, place) => place !== index)), `${left}${index < 2 ? ' of ours' : ''} is left`)
  }
  t.is(fault([...plan.patch, { op: 'remove', path: '/spec/containers/0/env' }]), 'the patch changes more than it should')
})

test('a pull secret that the app lists itself stays when we are taken out', t => {
  const context = { ...aContext(), pullSecret: 'waylay-pull-secret' }
  for (const own of [[{ name: 'waylay-pull-secret' }, { name: 'team' }], [{ name: 'team' }], undefined]) {
    const bare = aPod()
    const pod = { ...bare, spec: { ...bare.spec, ...(own !== undefined && { imagePullSecrets: own }) } }
    const plan = planInjection(pod, context)
    if (plan.kind !== 'inject') return t.fail('not injected')
    const injected = applyPatch(pod, plan.patch) as Pod
    t.is(findInjectionFault(pod, injected, plan.patch), undefined)
    t.is(injected.spec.imagePullSecrets?.filter(({ name }) => name === 'waylay-pull-secret').length, 1)

    const meshed = applyPatch(injected, [MESH]) as Pod
    const { plan: { patch }, pod: after } = withdraw(meshed)

    t.deepEqual(after.spec.imagePullSecrets, own)
    t.is(findWithdrawalFault(meshed, after, patch), undefined)
  }
})

test('a withdrawal that takes a pull secret of the app is a fault', t => {
  const bare = aPod()
  const pod = { ...bare, spec: { ...bare.spec, imagePullSecrets: [{ name: 'waylay-pull-secret' }] } }
  const plan = planInjection(pod, { ...aContext(), pullSecret: 'waylay-pull-secret' })
  if (plan.kind !== 'inject') return t.fail('not injected')
  const meshed = applyPatch(applyPatch(pod, plan.patch), [MESH]) as Pod
  const { plan: { patch }, pod: after } = withdraw(meshed)
  const taken = { ...after, spec: { ...after.spec, imagePullSecrets: [] } }

  t.is(findWithdrawalFault(meshed, taken, patch), 'the patch changes more than it should')
})
