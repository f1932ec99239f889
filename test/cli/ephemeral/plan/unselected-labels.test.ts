import test from 'ava'
import type { LabelSelector } from '../../../../cli/cluster/selector.ts'
import { unselectedLabels } from '../../../../cli/ephemeral/plan/unselected-labels.ts'

const LABELS = { app: 'payments', 'sidecar.istio.io/inject': 'false', 'azure.workload.identity/use': 'true' }

const choose = (selector: LabelSelector, labels = {}) =>
  unselectedLabels('pr-1', 'payments-pr-1', LABELS, [{ name: 'Service payments', labels, selector }])

test('of the original\'s labels those are kept that other webhooks read', t => {
  t.deepEqual(choose({ matchLabels: { app: 'payments' } }), {
    kept: { 'sidecar.istio.io/inject': 'false', 'azure.workload.identity/use': 'true' }, warnings: []
  })
})

test('one that is named is kept too, unless something selects by it', t => {
  const labels = { ...LABELS, team: 'till' }
  const selectors = [{ name: 'Service payments', labels: {}, selector: { matchLabels: { app: 'payments' } } }]
  const { kept, warnings } = unselectedLabels('pr-1', 'payments-pr-1', labels, selectors, ['team', 'app', 'tier'])
  t.is(kept['team'], 'till')
  t.is(kept['app'], undefined)
  t.is(warnings.length, 2)
  t.regex(warnings.join(), /does not have the label app: Service payments would select/)
  t.regex(warnings.join(), /label tier: the original's pods have none/)
})

test('one by which something would select the copy is left away', t => {
  const { kept, warnings } = choose({ matchExpressions: [{ key: 'azure.workload.identity/use', operator: 'Exists' }] })
  t.deepEqual(kept, { 'sidecar.istio.io/inject': 'false' })
  t.regex(warnings.join(), /payments-pr-1 does not have the label azure\.workload\.identity\/use: Service payments/)
})

test('what selects every pod is said', t => {
  for (const selector of [{}, { matchExpressions: [{ key: 'app', operator: 'NotIn', values: ['orders'] }] }]) {
    t.regex(choose(selector).warnings.join(), /^Service payments selects every pod/)
  }
})

test('the environment\'s own objects may select it', t => {
  const own = { matchLabels: { 'waylay.dev/copy': 'payments-pr-1' } }
  t.deepEqual(choose(own, { 'waylay.dev/environment': 'pr-1' }).warnings, [])
  t.is(choose(own).warnings.length, 1)
})
