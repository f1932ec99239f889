import test from 'ava'
import type { InjectionContext } from '../../../webhook/injection/context.ts'
import type { Pod } from '../../../webhook/injection/pod.ts'
import { planInjection } from '../../../webhook/injection/plan.ts'
import { naiveQos } from '../../helpers/naive-admission.ts'
import { aContainer, aContext, aPod, inject } from '../pods.ts'

const GUARANTEED = { limits: { cpu: '1', memory: '1Gi' }, requests: { cpu: '1000m', memory: '1024Mi' } }
const BURSTABLE = { requests: { cpu: '100m' } }

const ours = (pod: Pod): unknown => {
  const [init, proxy] = pod.spec.initContainers ?? []
  return JSON.stringify(init?.resources) === JSON.stringify(proxy?.resources) ? proxy?.resources : 'they differ'
}
const podWith = (resources: object, parts: object = {}): Pod =>
  aPod({ containers: [aContainer({ resources })], ...parts })
const limitRange = (...limits: InjectionContext['limitRanges'][number]['limits']): Partial<InjectionContext> =>
  ({ limitRanges: [{ name: 'small', limits }] })
const quota = (
  hard: Readonly<Record<string, string>>, used: Readonly<Record<string, string>> = {}, scopes: readonly string[] = []
): Partial<InjectionContext> => ({ quotas: [{ name: 'team', scopes, hasScopeSelector: false, hard, used }] })

const classes: Record<string, [Pod, string]> = {
  'of nothing': [podWith({}), 'BestEffort'],
  'of zeros': [podWith({ requests: { cpu: '0' }, limits: { memory: '0' } }), 'BestEffort'],
  'of one request': [podWith(BURSTABLE), 'Burstable'],
  'of limits alone': [podWith({ limits: GUARANTEED.limits }), 'Guaranteed'],
  'of requests written in another way than limits': [podWith(GUARANTEED), 'Guaranteed'],
  'of a CPU limit alone': [podWith({ limits: { cpu: '1' } }), 'Burstable'],
  'of a request below its limit': [podWith({ ...GUARANTEED, requests: { cpu: '999m', memory: '1Gi' } }), 'Burstable'],
  'of one such container among two': [aPod({ containers: [aContainer({ resources: GUARANTEED }), aContainer({ name: 'b' })] }), 'Burstable'],
  'with an init container alike': [podWith(GUARANTEED, { spec: { initContainers: [{ name: 'i', resources: GUARANTEED }] } }), 'Guaranteed'],
  'with an init container of nothing': [podWith(GUARANTEED, { spec: { initContainers: [{ name: 'i' }] } }), 'Burstable']
}
for (const [name, [before, qos]] of Object.entries(classes)) {
  test(`a pod ${name} is ${qos} before and after`, t => {
    t.is(naiveQos(before), qos)
    t.is(naiveQos(inject(before).pod), qos)
  })
}

test('a Burstable pod gets requests and no limits', t => {
  t.deepEqual(ours(inject(podWith(BURSTABLE)).pod), { requests: { cpu: '10m', memory: '64Mi' } })
})

test('a BestEffort pod gets nothing, and annotations are told so', t => {
  const { pod, plan } = inject(aPod({ metadata: { annotations: { 'waylay.dev/sidecar-cpu': '250m' } } }))

  t.deepEqual(ours(pod), {})
  t.true(plan.warnings.some(text => text.includes('waylay.dev/sidecar-cpu left out') && text.includes('BestEffort')))
})

test('annotations set what the sidecar of a Burstable pod requests', t => {
  const annotations = { 'waylay.dev/sidecar-cpu': '250m', 'waylay.dev/sidecar-memory': '1.5Gi' }
  const { pod, plan } = inject(podWith(BURSTABLE, { metadata: { annotations } }))

  t.deepEqual(ours(pod), { requests: { cpu: '250m', memory: '1536Mi' } })
  t.false(plan.warnings.some(text => text.includes('asks for')))
})

test('in a Guaranteed pod an annotation no sidecar could live with skips the pod', t => {
  const annotations = { 'waylay.dev/sidecar-memory': '1Mi' }

  t.like(planInjection(podWith(GUARANTEED, { metadata: { annotations } }), aContext()), {
    kind: 'skip', reason: { kind: 'unknown-value', key: 'waylay.dev/sidecar-memory', value: '1Mi' }
  })
})

test('a pod with a budget of its own gets no requests from us', t => {
  t.deepEqual(ours(inject(aPod({ spec: { resources: { requests: { cpu: '1' } } } })).pod), {})
})

test('inside a budget of the pod a LimitRange\'s defaults are answered with limits inside it', t => {
  const { pod } = inject(
    aPod({ spec: { resources: { requests: { memory: '1Gi' }, limits: { memory: '2Gi' } } } }),
    aContext(limitRange({ type: 'Container', default: { memory: '64Mi' }, defaultRequest: { memory: '64Mi' } }))
  )

  t.deepEqual(ours(pod), { requests: { memory: '0' }, limits: { memory: '2Gi' } })
})

const limits: Record<string, [Partial<InjectionContext>, object]> = {
  'defaults alone give limits the sidecar never reaches': [
    limitRange({ type: 'Container', default: { cpu: '100m', memory: '64Mi' } }),
    { requests: { cpu: '10m', memory: '64Mi' }, limits: { cpu: '8', memory: '4Gi' } }
  ],
  'a maximum gives that maximum': [
    limitRange({ type: 'Container', max: { memory: '300Mi' } }),
    { requests: { cpu: '10m', memory: '64Mi' }, limits: { memory: '300Mi' } }
  ],
  'a minimum raises the request': [
    limitRange({ type: 'Container', min: { cpu: '50m', memory: '100Mi' } }), { requests: { cpu: '50m', memory: '100Mi' } }
  ],
  'a ratio raises the request as far as a sane limit needs it': [
    limitRange({ type: 'Container', maxLimitRequestRatio: { cpu: '2', memory: '3' } }),
    { requests: { cpu: '250m', memory: '89478486' }, limits: { cpu: '500m', memory: '268435458' } }
  ],
  'a maximum of the pod leaves what the app does not take': [
    limitRange({ type: 'Pod', max: { cpu: '1' } }),
    { requests: { cpu: '10m', memory: '64Mi' }, limits: { cpu: '900m' } }
  ],
  'a quota that counts limits gives sane ones': [
    quota({ 'limits.cpu': '10', 'limits.memory': '10Gi' }, { 'limits.cpu': '1' }),
    { requests: { cpu: '10m', memory: '64Mi' }, limits: { cpu: '500m', memory: '256Mi' } }
  ],
  'a quota with little left gives that': [
    quota({ 'limits.memory': '1Gi' }, { 'limits.memory': '824Mi' }),
    { requests: { cpu: '10m', memory: '64Mi' }, limits: { memory: '200Mi' } }
  ],
  'a quota of pods that end gives nothing to one that does not': [
    quota({ 'limits.memory': '1Gi' }, { 'limits.memory': '1Gi' }, ['Terminating']), { requests: { cpu: '10m', memory: '64Mi' } }
  ],
  'a quota of pods that do not end counts': [
    quota({ 'limits.memory': '1Gi' }, {}, ['NotTerminating', 'NotBestEffort']),
    { requests: { cpu: '10m', memory: '64Mi' }, limits: { memory: '256Mi' } }
  ],
  'a quota of a scope that we do not know counts': [
    quota({ 'limits.memory': '1Gi' }, {}, ['PriorityClass']),
    { requests: { cpu: '10m', memory: '64Mi' }, limits: { memory: '256Mi' } }
  ]
}
for (const [name, [context, expected]] of Object.entries(limits)) {
  test(`a Burstable pod: ${name}`, t => {
    const app = { requests: { cpu: '100m' }, limits: { cpu: '100m' } }
    const { pod, plan } = inject(podWith(app), aContext(context))

    t.deepEqual(ours(pod), expected)
    t.is(plan.warnings.some(text => text.includes('the sidecar has limits here')), 'limits' in expected)
  })
}

const noRoom: Record<string, [Partial<InjectionContext>, RegExp]> = {
  'a maximum below what a sidecar needs': [
    limitRange({ type: 'Container', max: { memory: '100Mi' } }), /LimitRange "small" leaves too little memory .*100Mi left.* needs 128Mi/
  ],
  'a pod\'s maximum that the app takes': [limitRange({ type: 'Pod', max: { cpu: '1' } }), /LimitRange "small" .*cpu.*0 left/],
  'a quota of limits that is full': [
    quota({ 'limits.cpu': '1' }, { 'limits.cpu': '1' }), /ResourceQuota "team" leaves too little cpu .*0 left/
  ],
  'a quota of requests that is full': [quota({ cpu: '2' }, { cpu: '1' }), /ResourceQuota "team" leaves too little cpu/],
  'a minimum above the maximum': [
    limitRange({ type: 'Container', min: { memory: '2Gi' }, max: { memory: '1Gi' } }), /too little memory/
  ]
}
for (const [name, [context, why]] of Object.entries(noRoom)) {
  for (const resources of [GUARANTEED, { ...GUARANTEED, requests: { cpu: '1', memory: '1Mi' } }]) {
    test(`a ${naiveQos(podWith(resources))} pod finds no room: ${name}`, t => {
      const plan = planInjection(podWith(resources), aContext(context))

      t.like(plan, { kind: 'skip', reason: { kind: 'no-room' } })
      t.regex(plan.kind === 'skip' ? plan.warning ?? '' : '', why)
    })
  }
}

test('a Guaranteed pod takes what is left, asked for by annotation or not', t => {
  const annotations = { 'waylay.dev/sidecar-cpu': '2' }
  const { pod, plan } = inject(
    podWith(GUARANTEED, { metadata: { annotations } }), aContext(limitRange({ type: 'Container', max: { cpu: '1500m', memory: '200Mi' } }))
  )

  const expected = { cpu: '1500m', memory: '200Mi' }
  t.deepEqual(ours(pod), { requests: expected, limits: expected })
  t.true(plan.warnings.some(text => text.includes('cpu 1500m and not 2: LimitRange "small"')))
})

test('a BestEffort pod where a quota demands nothing of it stays as it is', t => {
  t.deepEqual(ours(inject(aPod(), aContext(quota({ pods: '10', 'limits.cpu': '1' }, {}, ['NotBestEffort']))).pod), {})
})
