import test from 'ava'
import { ANNOTATIONS, INJECTED_LABEL, PROXY_CONTAINER_NAME } from '../../../common/contract.ts'
import { applyPatch } from '../../../webhook/apply-patch.ts'
import { planInjection } from '../../../webhook/injection/plan.ts'
import { readPod, type Pod } from '../../../webhook/injection/pod.ts'
import { findPropagationFault } from '../../../webhook/injection/verify.ts'
import { aContext } from '../pods.ts'

const COPY: Pod = {
  metadata: {
    name: 'payments-pr-1', labels: { 'waylay.dev/environment-part': 'copy' }, annotations: { [ANNOTATIONS.propagate]: 'nodejs' }
  },
  spec: { containers: [{ name: 'app', ports: [{ containerPort: 8080 }] }] }
}

test('a copy that was patched is patched no more, and nothing of it says that it is injected', t => {
  const plan = planInjection(COPY, aContext())
  if (plan.kind !== 'propagate') return t.fail(plan.kind)
  const patched = readPod(applyPatch(COPY, plan.patch))

  t.deepEqual(planInjection(patched, aContext()), { kind: 'skip', reason: { kind: 'already-injected' } })
  t.notRegex(JSON.stringify(patched), new RegExp([INJECTED_LABEL, ANNOTATIONS.status, PROXY_CONTAINER_NAME].join('|')))
})

test('pods of its namespace that come without waylay for now include it', t => {
  const plan = planInjection(COPY, aContext({ bypass: { why: 'images cannot be pulled', untilMs: 1 } }))
  t.like(plan, { kind: 'skip', reason: { kind: 'bypassed' } })
})

test('what somebody misspelt is not guessed at', t => {
  const annotations = { 'waylay.dev/propogate': 'nodejs' }
  t.like(planInjection({ ...COPY, metadata: { ...COPY.metadata, annotations } }, aContext()),
    { kind: 'skip', reason: { kind: 'unknown-annotation' } })
})

test('a namespace that did not opt in is left alone', t => {
  t.like(planInjection(COPY, aContext({ namespaceLabels: { 'waylay.dev/inject': 'disabled' } })),
    { kind: 'skip', reason: { kind: 'not-opted-in' } })
})

for (const [what, path, value] of [
  ['a sidecar', '/spec/initContainers/-', { name: PROXY_CONTAINER_NAME }],
  ['a label', '/metadata/labels/waylay.dev~1injected', 'x'],
  ['a status', '/metadata/annotations/waylay.dev~1status', '{}'],
  ['something of the app\'s', '/spec/hostNetwork', true]
] as const) {
  test(`a patch that would add ${what} is not sent`, t => {
    const plan = planInjection(COPY, aContext())
    if (plan.kind !== 'propagate') return t.fail(plan.kind)
    const patch = [...plan.patch, { op: 'add', path, value } as const]

    t.truthy(findPropagationFault(COPY, applyPatch(COPY, patch), patch))
  })
}
