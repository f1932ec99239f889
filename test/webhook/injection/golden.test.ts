import { existsSync, writeFileSync } from 'node:fs'
import test from 'ava'
import { applyPatch } from '../../../webhook/apply-patch.ts'
import { findInjectionFault, findPropagationFault, findWithdrawalFault } from '../../../webhook/injection/verify.ts'
import { goldenCases, goldenPlanOf, planOf, warningsOf } from './golden.ts'

/** Writes the plans anew instead of comparing them. Whoever does it reads the difference: it is what pods will get. */
const isUpdate = process.env['WAYLAY_UPDATE_GOLDEN'] === '1'
const cases = goldenCases()
const WARNING_LIMIT = 250
const FIND_FAULT = {
  inject: findInjectionFault, propagate: findPropagationFault, withdraw: findWithdrawalFault
} as const

test('there are at least 40 pods and none is without its plan', t => {
  t.true(cases.length >= 40)
  if (!isUpdate) t.deepEqual(cases.filter(({ planPath }) => !existsSync(planPath)).map(({ name }) => name), [])
})

test('a build machine never writes the plans anew', t => {
  t.false(isUpdate && process.env['CI'] === 'true')
})

for (const golden of cases) {
  test(`the plan for ${golden.name} is the one on file and applies`, t => {
    const plan = planOf(golden)
    if (isUpdate) writeFileSync(golden.planPath, JSON.stringify(plan, undefined, 2) + '\n')
    t.deepEqual(plan, goldenPlanOf(golden))
    for (const warning of warningsOf(plan)) t.true(warning.length <= WARNING_LIMIT, `the API server cuts off: ${warning}`)
    if (plan.kind === 'skip') return
    t.is(FIND_FAULT[plan.kind](golden.pod, applyPatch(golden.pod, plan.patch), plan.patch), undefined)
  })
}
