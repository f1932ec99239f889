import test from 'ava'
import { workloadOf } from '../../../webhook/injection/workload.ts'
import { aPod } from '../pods.ts'

const owned = (kind: string, name: string, labels = {}) => ({
  name: undefined, labels, ownerReferences: [{ kind: 'Noise', name: 'noise' }, { kind, name, controller: true }]
})

const cases: Record<string, readonly [metadata: object, configured: string, shown: string]> = {
  'a Deployment\'s pod': [
    owned('ReplicaSet', 'pay-ments-6d4b', { 'pod-template-hash': '6d4b' }), 'deployment/pay-ments', 'deployment/pay-ments'
  ],
  'a bare ReplicaSet\'s pod': [owned('ReplicaSet', 'payments'), 'replicaset/payments', 'replicaset/payments'],
  'a ReplicaSet whose name only looks hashed': [
    owned('ReplicaSet', 'payments-aaaa', { 'pod-template-hash': 'bbbb' }), 'replicaset/payments-aaaa', 'replicaset/payments-aaaa'
  ],
  'an Argo Rollout\'s pod': [
    owned('ReplicaSet', 'payments-5c9', { 'rollouts-pod-template-hash': '5c9' }), 'rollout/payments', 'rollout/payments'
  ],
  'a ReplicaSet named like nothing but a hash': [
    owned('ReplicaSet', '-5c9', { 'pod-template-hash': '5c9' }), 'replicaset/-5c9', 'replicaset/-5c9'
  ],
  'a pod of a controller that nobody knows': [owned('CloneSet', 'payments'), 'cloneset/payments', 'cloneset/payments'],
  'a StatefulSet\'s pod': [owned('StatefulSet', 'ledger'), 'statefulset/ledger', 'statefulset/ledger'],
  'a Job\'s pod': [owned('Job', 'nightly'), 'job/nightly', 'job/nightly'],
  'a bare pod': [{ name: 'debug' }, 'pod/debug', 'pod/debug'],
  'a bare pod without a name yet': [
    { name: undefined, generateName: 'debug-' }, 'pod/$(WAYLAY_POD_NAME)', 'pod/debug-'
  ]
}
for (const [name, [metadata, configured, shown]] of Object.entries(cases)) {
  test(`${name} belongs to ${shown}`, t => {
    t.deepEqual(workloadOf(aPod({ metadata })), { configured, shown })
  })
}
