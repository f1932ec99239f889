import test from 'ava'
import { applyPatch } from '../../../webhook/apply-patch.ts'
import { planInjection } from '../../../webhook/injection/plan.ts'
import type { Pod } from '../../../webhook/injection/pod.ts'
import { findInjectionFault, findWithdrawalFault } from '../../../webhook/injection/verify.ts'
import type { Operation } from '../../../webhook/operation.ts'
import { aContainer, aContext, aPod } from '../pods.ts'

const own = [{ name: 'NODE_OPTIONS', value: '--own' }]
const before = aPod({
  metadata: { annotations: { 'waylay.dev/propagate': 'nodejs' } }, containers: [aContainer({ env: own })]
})

function planOf (pod: Pod) {
  const plan = planInjection(pod, aContext())
  if (plan.kind === 'skip') throw new Error(plan.reason.kind)
  return plan
}

test('a patch that loses what the app has in its variable is not sent', t => {
  const { patch } = planOf(before)
  const fault = (more: readonly Operation[]) => {
    const all = [...patch, ...more]
    return findInjectionFault(before, applyPatch(before, all), all)
  }

  t.is(fault([]), undefined)
  const path = '/spec/containers/0/env'
  t.is(fault([{ op: 'add', path, value: [{ name: 'NODE_OPTIONS', value: '--require=/run/waylay-propagate/nodejs/register.cjs' }] }]),
    'the patch changes more than it should')
  t.is(fault([{ op: 'remove', path: '/spec/volumes/2' }]), 'a volume of ours has nobody who fills it')
})

test('a withdrawal that leaves a variable or a mount of ours is not sent', t => {
  const injected = applyPatch(before, planOf(before).patch)
  const meshed = applyPatch(injected, [{ op: 'add', path: '/spec/containers/1', value: { name: 'istio-proxy' } }]) as Pod
  const { patch } = planOf(meshed)
  const fault = (kept: readonly Operation[]) => findWithdrawalFault(meshed, applyPatch(meshed, kept), kept)

  t.is(fault(patch), undefined)
  t.is(fault(patch.filter(({ path }) => !path.endsWith('/env'))), 'a variable or a mount of ours is left')
  t.is(fault(patch.filter(({ path }) => !path.endsWith('/volumeMounts'))), 'a variable or a mount of ours is left')
})

test('a pod refuses what its namespace says of propagation', t => {
  const env = (annotations: Readonly<Record<string, string>>) => {
    const pod = aPod({ metadata: { annotations }, containers: [aContainer({ env: own })] })
    const plan = planInjection(pod, aContext({ namespaceAnnotations: { 'waylay.dev/propagate': 'nodejs' } }))
    return plan.kind === 'inject' ? plan.patch.some(({ path }) => path === '/spec/containers/0/env') : undefined
  }

  t.true(env({}))
  t.false(env({ 'waylay.dev/propagate': 'none' }))
})
