import test from 'ava'
import { createFacts } from '../../webhook/facts/facts.ts'
import { applyPatch } from '../../webhook/apply-patch.ts'
import { createPodHandler, type PodDeps } from '../../webhook/handle-pod.ts'
import { planInjection } from '../../webhook/injection/plan.ts'
import type { Operation } from '../../webhook/operation.ts'
import { aPod } from './pods.ts'
import { quietLog } from './quiet-log.ts'

const REVIEW = {
  apiVersion: 'admission.k8s.io/v1',
  kind: 'AdmissionReview',
  request: { uid: 'u1', operation: 'CREATE', namespace: 'shop', userInfo: { username: 'maria' }, object: aPod() }
}

type Response = {
  readonly uid: string
  readonly allowed: boolean
  readonly patch?: string
  readonly warnings?: readonly string[]
}

async function ask (body: unknown, deps: Partial<PodDeps> = {}): Promise<{ response: Response, events: string[] }> {
  const { log, events } = quietLog()
  const handle = createPodHandler({
    readNamespace: async () => ({ labels: {}, annotations: {}, isTerminating: false }),
    facts: createFacts(),
    ticketKey: () => 'key',
    sidecar: { image: 'waylay/sidecar:1', imagePullPolicy: 'Never' },
    systemNamespace: 'waylay-system',
    log,
    ...deps
  })
  const review = await handle(body) as { readonly response: Response }
  return { response: review.response, events }
}

test('a pod is answered with a JSON patch and its uid', async t => {
  const { response, events } = await ask(REVIEW)

  t.like(response, { uid: 'u1', allowed: true, patchType: 'JSONPatch' })
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

  const again = await ask({ ...REVIEW, request: { ...REVIEW.request, object } })

  t.true(again.response.allowed)
  t.like(JSON.parse(Buffer.from(again.response.patch ?? '', 'base64').toString()), [{ op: 'remove', path: '/spec/initContainers' }])
  t.regex(again.response.warnings?.[0] ?? '', /not injected: a service mesh/)
  t.deepEqual(again.events, ['info pod.withdrawn'])
})

test('an update of a pod is allowed without a look', async t => {
  const { response, events } = await ask({ ...REVIEW, request: { ...REVIEW.request, operation: 'UPDATE' } })

  t.deepEqual(response, { uid: 'u1', allowed: true })
  t.deepEqual(events, [])
})
