import test from 'ava'
import type { Told } from '../../webhook/events/event.ts'
import { applyPatch } from '../../webhook/apply-patch.ts'
import { createPodHandler, type PodDeps } from '../../webhook/handle-pod.ts'
import { planInjection } from '../../webhook/injection/plan.ts'
import type { Admission } from '../../webhook/metrics/metrics.ts'
import type { Operation } from '../../webhook/operation.ts'
import { somePodDeps } from './pod-deps.ts'
import { aPod } from './pods.ts'
import { quietLog } from './quiet-log.ts'

const UID = '5f2c1f6e-0000-4000-8000-000000000001'
const REVIEW = {
  apiVersion: 'admission.k8s.io/v1',
  kind: 'AdmissionReview',
  request: { uid: UID, operation: 'CREATE', namespace: 'shop', userInfo: { username: 'maria' }, object: aPod() }
}

type Response = {
  readonly uid: string
  readonly allowed: boolean
  readonly patch?: string
  readonly warnings?: readonly string[]
}

async function ask (body: unknown, deps: Partial<PodDeps> = {}): Promise<{ response: Response, events: string[] }> {
  const { log, events } = quietLog()
  const handle = createPodHandler({ ...somePodDeps(), log, ...deps })
  const review = await handle(body) as { readonly response: Response }
  return { response: review.response, events }
}

test('a pod is answered with a JSON patch and its uid', async t => {
  const { response, events } = await ask(REVIEW)

  t.like(response, { uid: UID, allowed: true, patchType: 'JSONPatch' })
  t.like(JSON.parse(Buffer.from(response.patch ?? '', 'base64').toString()), [{ op: 'add', path: '/spec/initContainers' }])
  t.deepEqual(events, ['info pod.injected'])
})

test('a skipped pod is allowed with the reason as warning', async t => {
  const object = aPod({ spec: { hostNetwork: true } })

  const { response } = await ask({ ...REVIEW, request: { ...REVIEW.request, object } })

  t.true(response.allowed)
  t.is(response.patch, undefined)
  t.regex(response.warnings?.[0] ?? '', /hostNetwork/)
})

const unhappy: Record<string, readonly [body: unknown, deps: Partial<PodDeps>]> = {
  'a review without an object': [{ ...REVIEW, request: { ...REVIEW.request, object: null } }, {}],
  'a pod without containers': [{ ...REVIEW, request: { ...REVIEW.request, object: { spec: {} } } }, {}],
  'a pod whose fields have strange types': [
    { ...REVIEW, request: { ...REVIEW.request, object: { spec: { containers: [null] }, metadata: 5 } } }, {}
  ],
  'a namespace that cannot be read': [REVIEW, { readNamespace: async () => { throw new Error('timeout') } }],
  'keys that are not there yet': [REVIEW, { ticketKey: () => { throw new Error('no keys') } }],
  'a bug in the plan': [REVIEW, { plan: () => { throw new TypeError('bug') } }],
  'a plan whose patch does not apply': [REVIEW, {
    plan: (pod, context) => ({
      ...planInjection(pod, context) as Extract<ReturnType<typeof planInjection>, { kind: 'inject' }>,
      patch: [{ op: 'replace', path: '/spec/containers/9/x', value: 1 }]
    })
  }],
  'a plan whose patch does something else': [REVIEW, {
    plan: (pod, context) => ({
      ...planInjection(pod, context) as Extract<ReturnType<typeof planInjection>, { kind: 'inject' }>,
      patch: [{ op: 'add', path: '/spec/hostNetwork', value: true }]
    })
  }]
}
for (const [name, [body, deps]] of Object.entries(unhappy)) {
  test(`${name} lets the pod through unchanged`, async t => {
    const { response, events } = await ask(body, deps)

    t.true(response.allowed)
    t.is(response.patch, undefined)
    t.regex(response.warnings?.[0] ?? '', /^waylay: this pod is not injected/)
    t.deepEqual(events, ['error pod.failed'])
  })
}

for (const [name, body] of Object.entries({ nothing: undefined, text: 'pod', 'no review': {}, 'no request': { ...REVIEW, request: 1 } })) {
  test(`a body that is ${name} is no matter of pods`, async t => {
    await t.throwsAsync(ask(body), { instanceOf: TypeError })
  })
}

test('a pod that a mesh entered after us is answered with the patch that takes us out', async t => {
  const { response } = await ask(REVIEW)
  const injected = applyPatch(aPod(), JSON.parse(Buffer.from(response.patch ?? '', 'base64').toString()) as Operation[])
  const object = applyPatch(injected, [{ op: 'add', path: '/spec/containers/-', value: { name: 'istio-proxy' } }])

  const forgotten: string[] = []
  const forget = (id: string): void => { forgotten.push(id) }
  const again = await ask({ ...REVIEW, request: { ...REVIEW.request, uid: '5f2c1f6e-0000-4000-8000-000000000002', object } }, { forget })
  await ask({ ...REVIEW, request: { ...REVIEW.request, uid: '5f2c1f6e-0000-4000-8000-000000000003', object, dryRun: true } }, { forget })

  t.true(again.response.allowed)
  t.like(JSON.parse(Buffer.from(again.response.patch ?? '', 'base64').toString()), [{ op: 'remove', path: '/spec/initContainers' }])
  t.regex(again.response.warnings?.[0] ?? '', /not injected: a service mesh/)
  t.deepEqual(again.events, ['info pod.withdrawn'])
  t.deepEqual(forgotten, [UID], 'it is not missed, and a dry run was never expected')
})

test('an update of a pod is allowed without a look', async t => {
  const { response, events } = await ask({ ...REVIEW, request: { ...REVIEW.request, operation: 'UPDATE' } })

  t.deepEqual(response, { uid: UID, allowed: true })
  t.deepEqual(events, [])
})

type Seen = { readonly expected: unknown[], readonly told: Told[], readonly counted: Admission[] }

async function see (request: object, deps: Partial<PodDeps> = {}): Promise<Seen & { readonly response: Response }> {
  const seen: Seen = { expected: [], told: [], counted: [] }
  const { response } = await ask({ ...REVIEW, request: { ...REVIEW.request, ...request } }, {
    expect: one => { seen.expected.push(one) },
    tell: one => { seen.told.push(one) },
    count: one => { seen.counted.push(one) },
    ...deps
  })
  return { ...seen, response }
}

test('an injected pod is expected to appear by its label', async t => {
  const { expected, told, counted } = await see({})

  t.like(expected, [{ id: UID, name: 'debug', subject: { namespace: 'shop', workload: 'pod/debug' } }])
  t.deepEqual(told, [])
  t.deepEqual(counted, [{ result: 'injected', tookMs: 0 }])
})

test('an injected pod is not expected when its answer comes too late', async t => {
  for (const [tookMs, count] of [[1799, 1], [1800, 0]] as const) {
    const times = [0]
    const { response, expected } = await see({}, { monotonicMs: () => times.shift() ?? tookMs })

    t.truthy(response.patch)
    t.is(expected.length, count)
  }
})

test('an injected pod is not expected when who asked has hung up', async t => {
  const expected: unknown[] = []
  const expect = (one: unknown): void => { expected.push(one) }
  const handle = createPodHandler({ ...somePodDeps(), expect, log: quietLog().log })

  await handle(REVIEW, () => true)
  t.deepEqual(expected, [])
  await handle(REVIEW, () => false)
  t.is(expected.length, 1)
})

const LONG = 'x'.repeat(254)
const OWNER = { apiVersion: 'apps/v1', kind: 'Job', name: 'pay', uid: 'u9', controller: true }
const overlong: Record<string, object> = {
  'an owner\'s name': { ownerReferences: [{ ...OWNER, name: LONG }] },
  'an owner\'s kind': { ownerReferences: [{ ...OWNER, kind: LONG }] },
  'an owner\'s API version': { ownerReferences: [{ ...OWNER, apiVersion: LONG }] },
  'an owner\'s uid': { ownerReferences: [{ ...OWNER, uid: LONG }] },
  'an owner\'s kind and name': { ownerReferences: [{ ...OWNER, kind: LONG.slice(90), name: LONG.slice(90) }] },
  'a name': { ownerReferences: [OWNER], name: LONG },
  'a generated name': { name: undefined, generateName: LONG }
}
for (const [name, metadata] of Object.entries(overlong)) {
  test(`a pod with ${name} that nobody could store is not remembered`, async t => {
    const injected = await see({ object: aPod({ metadata }) })
    const skipped = await see({ object: aPod({ metadata, spec: { hostNetwork: true } }) })

    t.truthy(injected.response.patch)
    t.truthy(skipped.response.warnings)
    t.deepEqual([injected.expected, skipped.told], [[], []])
  })
}

test('a pod of an owner with a long name is remembered', async t => {
  const ownerReferences = [{ ...OWNER, name: LONG.slice(1) }]

  t.is((await see({ object: aPod({ metadata: { ownerReferences } }) })).expected.length, 1)
})

test('a skip with a warning is told and one without is not', async t => {
  const warned = await see({ object: aPod({ spec: { hostNetwork: true } }) })
  t.like(warned.told, [{ reason: 'WaylayNotInjected', subject: { involved: { kind: 'Pod', name: 'debug' } } }])
  t.deepEqual(warned.counted, [{ result: 'skipped', reason: 'host-network', tookMs: 0 }])
  t.deepEqual(warned.expected, [])

  const quiet = await see({ object: aPod({ metadata: { labels: { 'waylay.dev/inject': 'disabled' } } }) })
  t.deepEqual(quiet.told, [])
  t.deepEqual(quiet.counted, [{ result: 'skipped', reason: 'disabled', tookMs: 0 }])
})

test('a dry run is answered like any other and leaves nothing to remember', async t => {
  const injected = await see({ dryRun: true })
  t.truthy(injected.response.patch)
  t.deepEqual(injected.expected, [])

  const skipped = await see({ dryRun: true, object: aPod({ spec: { hostNetwork: true } }) })
  t.is(skipped.response.warnings?.length, 1)
  t.deepEqual(skipped.told, [])
})

test('a bypassed workload\'s pod goes through with the reason', async t => {
  const asked: string[] = []
  const { response, told, expected } = await see({}, {
    findBypass: (namespace, workload) => {
      asked.push(`${namespace} ${workload}`)
      return { why: 'it was refused', untilMs: 5 }
    }
  })

  t.deepEqual(asked, ['shop pod/debug'])
  t.is(response.patch, undefined)
  t.regex(response.warnings?.[0] ?? '', /it was refused/)
  t.like(told, [{ reason: 'WaylayBypassed' }])
  t.deepEqual(expected, [])
})

const forged: Record<string, object> = {
  'that could be injected': {},
  'that would be warned of': { object: aPod({ spec: { hostNetwork: true } }) },
  'that a mesh entered after us': {
    object: aPod({ spec: { initContainers: ['waylay-init', 'waylay-proxy', 'istio-proxy'].map(name => ({ name })) } })
  }
}
for (const [name, request] of Object.entries(forged)) {
  test(`a review of a namespace without our label, about a pod ${name}, leaves nothing behind`, async t => {
    const asked: string[] = []
    const left = (what: string) => () => { asked.push(what) }
    const { response, told, expected, counted } = await see(request, {
      readNamespace: async () => ({ labels: {}, annotations: {}, isTerminating: false }),
      forget: left('forget'),
      pulling: {
        secret: 'login',
        ready: async (_request, plan) => {
          if (plan.kind === 'inject') asked.push('pull secret')
          return plan
        }
      }
    })

    t.deepEqual(response, { uid: UID, allowed: true })
    t.deepEqual([told, expected, asked], [[], [], []])
    t.like(counted, [{ result: 'skipped', reason: 'not-opted-in' }])
  })
}

test('a failure is counted as one', async t => {
  const { counted, told } = await see({ object: null })

  t.deepEqual(counted, [{ result: 'failed', tookMs: 0 }])
  t.deepEqual(told, [])
})
