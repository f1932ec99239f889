import test from 'ava'
import type { Pod } from '../../../../cli/cluster/pods.ts'
import { planIntercept } from '../../../../cli/intercept/places/plan.ts'

const WORKLOAD = { id: 'deployment/payments', namespace: 'shop', podQuery: '' }

type PodFacts = {
  /** Ports the webhook wrote down; without them the pod is not injected. */
  readonly ports?: readonly object[]
  readonly runs?: boolean
  readonly phase?: string
  readonly leaving?: boolean
}

/** A pod of the workload. */
function makePod (name: string, { ports, runs = true, phase = 'Running', leaving = false }: PodFacts): Pod {
  const status = JSON.stringify({ version: '0.1.0', mode: 'iptables', workload: WORKLOAD.id, ports })
  return {
    metadata: {
      name,
      namespace: 'shop',
      uid: name,
      ownerReferences: [{ kind: 'ReplicaSet', name: 'payments-abc', controller: true }],
      labels: { 'pod-template-hash': 'abc' },
      ...(ports !== undefined && { annotations: { 'waylay.dev/status': status } }),
      ...(leaving && { deletionTimestamp: '2026-01-01T00:00:00Z' })
    },
    status: { phase, initContainerStatuses: [{ name: 'waylay-proxy', state: runs ? { running: {} } : {} }] }
  }
}

const HTTP = { port: 8080, name: 'http', redirect: 'always' }
const ADMIN = { port: 9000, redirect: 'on-demand' }

test('the only port of a workload needs no name', t => {
  const plan = planIntercept(WORKLOAD, [makePod('a', { ports: [HTTP] })], undefined)

  t.is(plan.port.port, 8080)
})

test('a port is found by its number and by its name', t => {
  const pods = [makePod('a', { ports: [HTTP, ADMIN] })]

  t.is(planIntercept(WORKLOAD, pods, 9000).port.port, 9000)
  t.is(planIntercept(WORKLOAD, pods, 'http').port.port, 8080)
})

test('one of several ports must be named', t => {
  t.throws(() => planIntercept(WORKLOAD, [makePod('a', { ports: [HTTP, ADMIN] })], undefined),
    { code: 'WAYLAY_PORT_UNKNOWN', message: 'deployment/payments has several ports: 8080 (http), 9000' })
})

test('pods that leave, ended or do not run yet are not dialled', t => {
  const plan = planIntercept(WORKLOAD, [
    makePod('runs', { ports: [HTTP] }),
    makePod('leaves', { ports: [HTTP], leaving: true }),
    makePod('starts', { ports: [HTTP], runs: false }),
    makePod('ended', { ports: [HTTP], phase: 'Failed' })
  ], undefined)

  t.deepEqual(plan.pods.map(({ metadata }) => metadata.name), ['runs'])
})

test('pods without the proxy are told apart from those with it', t => {
  const plan = planIntercept(WORKLOAD, [makePod('old', {}), makePod('new', { ports: [HTTP] })], undefined)

  t.deepEqual(plan.notInjected.map(({ metadata }) => metadata.name), ['old'])
})

test('a workload without the proxy says how to get it in', t => {
  const error = t.throws(() => planIntercept(WORKLOAD, [makePod('old', {})], undefined), { code: 'WAYLAY_NOT_INJECTED' })

  t.true('hint' in error)
  t.is((error as { hint?: string }).hint,
    'kubectl label namespace shop waylay.dev/inject=enabled --overwrite && kubectl -n shop rollout restart deployment/payments' +
    '   # if new pods come without it too: waylay doctor deployment/payments -n shop')
})

test('a workload without pods, or with none that runs, is refused', t => {
  t.throws(() => planIntercept(WORKLOAD, [], undefined), { code: 'WAYLAY_NO_PODS' })
  t.throws(() => planIntercept(WORKLOAD, [makePod('a', { ports: [HTTP], runs: false })], undefined),
    { code: 'WAYLAY_NO_PODS', message: /No pod of deployment\/payments runs yet: a/ })
})
