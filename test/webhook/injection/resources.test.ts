import test from 'ava'
import { aContainer, aPod, inject } from '../pods.ts'

const guaranteed = { limits: { cpu: '1', memory: '1Gi' }, requests: { cpu: '1', memory: '1Gi' } }

test('a Guaranteed pod stays Guaranteed through requests that equal limits', t => {
  const { pod } = inject(aPod({ containers: [aContainer({ resources: guaranteed })] }))
  const resources = pod.spec.initContainers?.[1]?.resources

  t.truthy(resources?.limits)
  t.deepEqual(resources?.requests, resources?.limits)
})

test('one container without limits means that ours have none', t => {
  const { pod } = inject(aPod({ containers: [aContainer({ resources: guaranteed }), aContainer({ name: 'other' })] }))

  t.is(pod.spec.initContainers?.[1]?.resources?.limits, undefined)
})

test('a pod with a budget of its own gets no requests from us', t => {
  const { pod } = inject(aPod({ spec: { resources: { requests: { cpu: '1' } } } }))

  t.deepEqual(pod.spec.initContainers?.[1]?.resources, {})
})

test('annotations set what the sidecar requests', t => {
  const { pod } = inject(aPod({
    metadata: { annotations: { 'waylay.dev/sidecar-cpu': '250m', 'waylay.dev/sidecar-memory': '1.5Gi' } }
  }))

  t.deepEqual(pod.spec.initContainers?.[1]?.resources, { requests: { cpu: '250m', memory: '1.5Gi' } })
})
