import test from 'ava'
import { parseWorkloadName, type WorkloadName } from '../../cli/workload-name.ts'

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

test('an unknown kind is named with those there are', refuses, 'job/import', /kind "job" is not one of deployment, statefulset/)
test('a name with capitals is refused', refuses, 'Payments', /"Payments": that is not a valid name/)
test('a name that would escape its path is refused', refuses, 'pod/..', /"\.\." is not a valid name/)
test('two slashes are refused', refuses, 'shop/deployment/payments', /more than one "\/"/)
test('an empty name is refused', refuses, '', /not a valid name/)
