import test from 'ava'
import { failureOf, isRolledOut } from '../../../../cli/ephemeral/up/deployment-state.ts'
import { belongingOf, withOwner } from '../../../../cli/ephemeral/up/owned.ts'
import { asItWas } from '../../../../cli/ephemeral/up/roll-back.ts'
import { widenRole } from '../../../../cli/ephemeral/up/widen-role.ts'
import { isChanged } from '../../../../cli/ephemeral/up/apply-plan.ts'

const LABELS = { 'waylay.dev/environment': 'pr-1' }
const bare = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'pay-pr-1', namespace: 'shop', labels: LABELS } }
const owned = (uid: string) => withOwner(bare, 'pr-1', uid)

test('an object as it was holds nothing that the cluster wrote', t => {
  const stored = {
    ...owned('u-1'),
    metadata: {
      ...owned('u-1').metadata,
      uid: 'x',
      resourceVersion: '7',
      generation: 2,
      creationTimestamp: 'now',
      managedFields: [],
      annotations: { 'deployment.kubernetes.io/revision': '2', note: 'kept' }
    },
    spec: { replicas: 1 },
    status: { replicas: 1 }
  }

  t.deepEqual(asItWas(stored) as object, {
    ...owned('u-1'),
    metadata: { ...owned('u-1').metadata, annotations: { note: 'kept' } },
    spec: { replicas: 1 }
  })
})

test('an object is ours only by its label and its owner together', t => {
  t.is(belongingOf(owned('u-1'), 'pr-1', 'u-1'), 'ours')
  t.is(belongingOf(owned('u-0'), 'pr-1', 'u-1'), 'leftover')
  t.is(belongingOf(owned('u-0'), 'pr-1', undefined), 'leftover')
  t.is(belongingOf(bare, 'pr-1', 'u-1'), 'foreign')
  t.is(belongingOf(owned('u-1'), 'pr-2', 'u-1'), 'foreign')
})

test('a status that was written meanwhile is no change of a Deployment', t => {
  const at = (generation: number, resourceVersion: string) =>
    ({ ...bare, metadata: { ...bare.metadata, generation, resourceVersion } })

  t.false(isChanged({ manifest: bare, before: at(1, '5'), after: at(1, '9') }))
  t.true(isChanged({ manifest: bare, before: at(1, '5'), after: at(2, '9') }))
  t.true(isChanged({ manifest: bare, before: undefined, after: at(1, '9') }))
})

test('a companion keeps its rights until its successor runs', t => {
  const role = { ...bare, kind: 'Role', rules: [{ verbs: ['get'], resources: ['a'] }] }
  const before = { ...role, rules: [{ resources: ['a'], verbs: ['get'] }, { resources: ['b'], verbs: ['get'] }] }

  const { rules } = widenRole(role, before) as typeof role
  t.deepEqual(rules, [...role.rules, { resources: ['b'], verbs: ['get'] }])
  t.is(widenRole(role, role), role)
  t.is(widenRole(role, undefined), role)
  t.is(widenRole(bare, before), bare)
})

test('a Deployment is rolled out when its newest template alone runs', t => {
  const at = (status: object) =>
    isRolledOut({ ...bare, metadata: { ...bare.metadata, generation: 2 }, spec: { replicas: 1 }, status })
  const done = { observedGeneration: 2, replicas: 1, updatedReplicas: 1, availableReplicas: 1 }

  t.true(at(done))
  t.false(at({ ...done, observedGeneration: 1 }))
  t.false(at({ ...done, replicas: 2 }), 'the old one is still there')
  t.false(at({ ...done, availableReplicas: 0 }))
  const conditions = [{ type: 'ReplicaFailure', status: 'True', message: 'exceeded quota: pods' }]
  t.is(failureOf({ ...bare, spec: {}, status: { conditions } }), 'exceeded quota: pods')
})
