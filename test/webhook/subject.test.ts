import test from 'ava'
import { subjectOf } from '../../webhook/subject.ts'

const owner = (kind: string, name: string, controller = true) => ({ apiVersion: 'x/v1', kind, name, uid: 'u1', controller })

test('the pods of a Deployment are remembered by it and told on their ReplicaSet', t => {
  t.deepEqual(subjectOf({ labels: { 'pod-template-hash': '5d' }, ownerReferences: [owner('ReplicaSet', 'pay-5d')] }, 'shop'), {
    namespace: 'shop',
    workload: 'deployment/pay',
    isBare: false,
    involved: { apiVersion: 'x/v1', kind: 'ReplicaSet', name: 'pay-5d', uid: 'u1' }
  })
})

test('each run of a CronJob is remembered by the CronJob', t => {
  t.is(subjectOf({ ownerReferences: [owner('Job', 'report-29341230')] }, 'shop').workload, 'cronjob/report')
  t.is(subjectOf({ ownerReferences: [owner('Job', 'report-5')] }, 'shop').workload, 'job/report-5')
})

test('a pod without a controller is its own subject, by its name or what it is made from', t => {
  t.like(subjectOf({ name: 'debug' }, 'shop'), { workload: 'pod/debug', isBare: true, involved: { kind: 'Pod', name: 'debug' } })
  t.is(subjectOf({ generateName: 'debug-', ownerReferences: [owner('Job', 'x', false)] }, 'shop').workload, 'pod/debug-')
})
