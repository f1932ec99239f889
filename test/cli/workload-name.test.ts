import test from 'ava'
import { isNamed, parseWorkloadName, type WorkloadName } from '../../cli/workload-name.ts'

const reads = test.macro((t, text: string, expected: WorkloadName) => {
  t.deepEqual(parseWorkloadName(text), expected)
})

test('a bare name leaves the kind open', reads, 'payments', { name: 'payments' })
test('kind and name are read as kubectl writes them', reads, 'deployment/payments', { kind: 'deployment', name: 'payments' })
test('deploy is short for deployment', reads, 'deploy/payments', { kind: 'deployment', name: 'payments' })
test('sts is short for statefulset', reads, 'sts/ledger', { kind: 'statefulset', name: 'ledger' })
test('ds is short for daemonset', reads, 'ds/agent', { kind: 'daemonset', name: 'agent' })
test('rs is short for replicaset', reads, 'rs/payments-7d9', { kind: 'replicaset', name: 'payments-7d9' })
test('po is short for pod', reads, 'po/debug', { kind: 'pod', name: 'debug' })
test('a kind with its API group is read', reads, 'deployment.apps/payments', { kind: 'deployment', name: 'payments' })
test('plurals and capitals are read too', reads, 'Deployments/payments', { kind: 'deployment', name: 'payments' })

const refuses = test.macro((t, text: string, message: RegExp) => {
  t.throws(() => parseWorkloadName(text), { code: 'WAYLAY_USAGE', message })
})

test('svc is short for service', reads, 'svc/payments', { kind: 'service', name: 'payments' })
test('a kind nobody knows is kept as it is typed', reads, 'Rollout/payments', { kind: 'rollout', name: 'payments' })
test('the group of a kind nobody knows is left away', reads, 'rollouts.argoproj.io/payments', { kind: 'rollouts', name: 'payments' })
test('a kind of another group is not ours', reads, 'services.serving.knative.dev/x', { kind: 'services', name: 'x' })
test('a kind that cannot be one is refused', refuses, 'job!/import', /the kind "job!" cannot be one/)
test('a name with capitals is refused', refuses, 'Payments', /"Payments": that is not a valid name/)
test('a name that would escape its path is refused', refuses, 'pod/..', /"\.\." is not a valid name/)
test('two slashes are refused', refuses, 'shop/deployment/payments', /more than one "\/"/)
test('an empty name is refused', refuses, '', /not a valid name/)

const fits: readonly (readonly [typed: string, workload: string, boolean])[] = [
  ['payments', 'rollout/payments', true],
  ['rollout/payments', 'rollout/payments', true],
  ['rollouts/payments', 'rollout/payments', true],
  ['policies/x', 'policy/x', true],
  ['classes/x', 'class/x', true],
  ['roll/payments', 'rollout/payments', false],
  ['rollout/payment', 'rollout/payments', false]
]
for (const [typed, workload, isFitting] of fits) {
  test(`${typed} ${isFitting ? 'names' : 'does not name'} ${workload}`, t => {
    t.is(isNamed(workload, parseWorkloadName(typed)), isFitting)
  })
}
