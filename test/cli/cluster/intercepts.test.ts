import test, { type ExecutionContext } from 'ava'
import { deleteHeldIntercept, patchInterceptStatus, updateIntercept } from '../../../cli/cluster/intercepts.ts'
import { openCluster } from '../../../cli/cluster/kubeconfig.ts'
import { newIntercept, type Intercept } from '../../../intercepts/object.ts'
import { startApiStub, type ApiStub } from '../helpers/api-stub.ts'
import { writeKubeconfig } from '../helpers/kubeconfig.ts'

const FENCE = Date.UTC(2026, 0, 1)
const created = newIntercept('shop', 'a', {
  workload: 'deployment/payments', port: 8080, match: { headers: [] }, global: true, sessionKey: 'k', owner: 'maria', fence: FENCE
})
const HELD: Intercept = { ...created, metadata: { ...created.metadata, uid: 'u1', resourceVersion: '7' } }
const TAKEN: Intercept = { ...HELD, spec: { ...HELD.spec, owner: 'jon', fence: FENCE + 1 } }
const PATH = '/apis/waylay.dev/v1alpha1/namespaces/shop/intercepts/a'

async function open (t: ExecutionContext, answers: ApiStub['answers']) {
  const stub = await startApiStub(t, answers)
  const cluster = openCluster({ kubeconfig: await writeKubeconfig(t, stub.url) }, { env: {}, homeDir: '' })
  t.teardown(() => { cluster.close() })
  return { cluster, stub }
}

const TEST_FAILED = {
  status: 422,
  body: { kind: 'Status', status: 'Failure', message: 'the server rejected our request due to an error in our request', reason: 'Invalid' }
}
const INVALID = { status: 422, body: { kind: 'Status', message: 'Intercept.waylay.dev "a" is invalid: status.renewTime: Invalid value: "soon"', reason: 'Invalid' } }

test('a renewal writes the status with the fence that it knows, over that fence alone', async t => {
  const { cluster, stub } = await open(t, { [`PATCH ${PATH}/status`]: { status: 200, body: HELD } })

  t.deepEqual(await patchInterceptStatus(cluster, HELD, { renewTime: 'now', requests: 3 }), HELD)

  t.deepEqual(JSON.parse(stub.bodies[0] ?? ''), [
    { op: 'test', path: '/metadata/uid', value: 'u1' },
    { op: 'test', path: '/spec/fence', value: FENCE },
    { op: 'add', path: '/status', value: { renewTime: 'now', requests: 3, fence: FENCE } }
  ])
})

test('a renewal of what somebody took over is lost, and of what is deleted gone', async t => {
  const lost = await open(t, { [`PATCH ${PATH}/status`]: TEST_FAILED })
  const gone = await open(t, {})

  t.is(await patchInterceptStatus(lost.cluster, HELD, {}), 'lost')
  t.is(await patchInterceptStatus(gone.cluster, HELD, {}), 'gone')
})

test('a status that the schema refuses is no lost intercept but a failure', async t => {
  const { cluster } = await open(t, { [`PATCH ${PATH}/status`]: INVALID })

  await t.throwsAsync(patchInterceptStatus(cluster, HELD, { renewTime: 'soon' }), { code: 'WAYLAY_INTERNAL', message: /renewTime: Invalid/ })
})

test('an update tells what is stored, that it changed, or that it is gone', async t => {
  const stored = await open(t, { [`PUT ${PATH}`]: { status: 200, body: TAKEN } })
  const changed = await open(t, { [`PUT ${PATH}`]: { status: 409, body: { message: 'the object has been modified' } } })
  const gone = await open(t, {})

  t.deepEqual(await updateIntercept(stored.cluster, HELD), TAKEN)
  t.is(await updateIntercept(changed.cluster, HELD), 'changed')
  t.is(await updateIntercept(gone.cluster, HELD), 'gone')
})

test('a deletion names uid and version, and follows renewals but no other holder', async t => {
  const { cluster, stub } = await open(t, {
    [`DELETE ${PATH}`]: { status: 409, body: { message: 'Precondition failed' } }, [`GET ${PATH}`]: { status: 200, body: TAKEN }
  })

  t.false(await deleteHeldIntercept(cluster, HELD))

  t.deepEqual(stub.requests, [`DELETE ${PATH}`, `GET ${PATH}`])
  t.like(JSON.parse(stub.bodies[0] ?? ''), { preconditions: { uid: 'u1', resourceVersion: '7' } })
})

test('a deletion of what is gone already tells so', async t => {
  const { cluster } = await open(t, {})

  t.false(await deleteHeldIntercept(cluster, HELD))
})

test('every answer sets the cluster\'s clock, also one that refuses', async t => {
  const { cluster } = await open(t, {})
  t.true(Math.abs(cluster.serverNowMs() - Date.now()) < 100)

  await deleteHeldIntercept(cluster, HELD)

  t.true(Math.abs(cluster.serverNowMs() - Date.now()) <= 1100)
})
