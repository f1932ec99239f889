import test from 'ava'
import { applyPatch } from '../../webhook/apply-patch.ts'
import { findInjectionFault, findPropagationFault, findWithdrawalFault } from '../../webhook/injection/verify.ts'
import { goldenCases, planOf } from './injection/golden.ts'

const FIND_FAULT = {
  inject: findInjectionFault, propagate: findPropagationFault, withdraw: findWithdrawalFault
} as const

/** Freezes all of it: whoever writes there throws, or misses what was written. */
function frozen<T> (value: T): T {
  if (typeof value === 'object' && value !== null) {
    Object.values(value).forEach(frozen)
    Object.freeze(value)
  }
  return value
}

test('neither the pod nor the patch is changed by planning, patching and checking', t => {
  for (const golden of goldenCases()) {
    const pod = frozen(structuredClone(golden.pod))
    const plan = planOf({ ...golden, pod })
    if (plan.kind === 'skip') continue
    const patch = frozen(plan.patch)
    const patched = frozen(applyPatch(pod, patch))
    t.is(FIND_FAULT[plan.kind](pod, patched, patch), undefined)
  }
})

test('what follows in a patch changes what went before in the copy alone', t => {
  const list = { items: [1] }
  const patch = [{ op: 'add', path: '/list', value: list }, { op: 'add', path: '/list/items/-', value: 2 }] as const
  t.deepEqual(applyPatch({}, patch), { list: { items: [1, 2] } })
  t.deepEqual(list, { items: [1] })
})

test('a path that is not there is an error with the text of what is wrong', t => {
  t.throws(() => applyPatch({}, [{ op: 'add', path: '/spec/volumes/-', value: {} }]), { message: /^The patch does not apply: / })
})
