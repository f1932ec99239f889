import test, { type ExecutionContext } from 'ava'
import {
  deleteEnvironment, getEnvironment, listEnvironments, patchEnvironment, patchEnvironmentStatus
} from '../../../cli/cluster/environments.ts'
import { openCluster } from '../../../cli/cluster/kubeconfig.ts'
import { newEnvironment, type Environment } from '../../../environments/object.ts'
import { startApiStub, type ApiStub } from '../helpers/api-stub.ts'
import { writeKubeconfig } from '../helpers/kubeconfig.ts'

const made = newEnvironment('shop', 'pr-1', {
  header: 'x-waylay-id',
  value: 'pr-1-3fk27d4a',
  workloads: [{ workload: 'deployment/payments', copy: 'payments-pr-1', ports: [8080], images: {} }],
  expiresAt: '2026-01-01T00:00:00Z'
})
const STORED: Environment = { ...made, metadata: { ...made.metadata, uid: 'u1', resourceVersion: '7' } }
const ALL = '/apis/waylay.dev/v1alpha1'
const PATH = `${ALL}/namespaces/shop/environments/pr-1`
const CONFLICT = { status: 409, body: { message: 'Precondition failed: UID in precondition: u1, UID in object meta: u2' } }

async function open (t: ExecutionContext, answers: ApiStub['answers']) {
  const stub = await startApiStub(t, answers)
  const cluster = openCluster({ kubeconfig: await writeKubeconfig(t, stub.url) }, { env: {}, homeDir: '' })
  t.teardown(() => { cluster.close() })
  return { cluster, stub }
}

test('an environment that is not there is told from a kind that is not', async t => {
  const missing = await open(t, { [`GET ${PATH}`]: { status: 404, body: { message: 'not found', details: { name: 'pr-1' } } } })
  const unknown = await open(t, { [`GET ${PATH}`]: { status: 404, body: { message: 'the server could not find the requested resource' } } })

  t.is(await getEnvironment(missing.cluster, 'shop', 'pr-1'), undefined)
  await t.throwsAsync(getEnvironment(unknown.cluster, 'shop', 'pr-1'), { code: 'WAYLAY_NOT_INSTALLED' })
})

test('environments of one namespace and of all are read page by page', async t => {
  const page = (...items: readonly object[]) => ({ status: 200, body: { metadata: {}, items } })
  const { cluster, stub } = await open(t, {
    [`GET ${ALL}/environments?limit=500`]: { status: 200, body: { metadata: { continue: 'n' }, items: [STORED] } },
    [`GET ${ALL}/environments?limit=500&continue=n`]: page(STORED),
    [`GET ${ALL}/namespaces/shop/environments`]: page(STORED)
  })

  t.is((await listEnvironments(cluster, undefined)).length, 2)
  t.is((await listEnvironments(cluster, 'shop')).length, 1)
  t.is(stub.requests.length, 3)
})

test('a change is of this very object, and of nothing else in it', async t => {
  const { cluster, stub } = await open(t, {
    [`PATCH ${PATH}`]: { status: 200, body: STORED }, [`PATCH ${PATH}/status`]: { status: 200, body: STORED }
  })

  t.deepEqual(await patchEnvironment(cluster, STORED, { expiresAt: 'later' }), STORED)
  t.deepEqual(await patchEnvironmentStatus(cluster, STORED, { phase: 'Ready' }), STORED)

  const uid = { op: 'test', path: '/metadata/uid', value: 'u1' }
  t.deepEqual(stub.bodies.map(body => JSON.parse(body) as object), [
    [uid, { op: 'add', path: '/spec/expiresAt', value: 'later' }], [uid, { op: 'add', path: '/status', value: { phase: 'Ready' } }]
  ])
})

test('a change of a successor, of none, and a refused one are told apart', async t => {
  const answer = (status: number, message: string) => ({ [`PATCH ${PATH}`]: { status, body: { message, details: { name: 'pr-1' } } } })
  const successor = await open(t, answer(422, 'the server rejected our request due to an error in our request'))
  const gone = await open(t, answer(404, 'not found'))
  const refused = await open(t, answer(422,
    'admission webhook "environments.waylay.dev" denied the request: WAYLAY_ENVIRONMENT_INVALID: It would live too long. Ask for less'))

  t.is(await patchEnvironment(successor.cluster, STORED, {}), 'other')
  t.is(await patchEnvironment(gone.cluster, STORED, {}), 'gone')
  await t.throwsAsync(patchEnvironment(refused.cluster, STORED, {}), { code: 'WAYLAY_ENVIRONMENT_INVALID', message: 'It would live too long' })
})

test('a deletion takes what is owned first, and no successor', async t => {
  const { cluster, stub } = await open(t, { [`DELETE ${PATH}`]: { status: 200, body: STORED } })
  const successor = await open(t, { [`DELETE ${PATH}`]: CONFLICT })
  const gone = await open(t, {})

  t.true(await deleteEnvironment(cluster, STORED))
  t.false(await deleteEnvironment(successor.cluster, STORED))
  t.false(await deleteEnvironment(gone.cluster, STORED))

  t.like(JSON.parse(stub.bodies[0] ?? ''), { propagationPolicy: 'Foreground', preconditions: { uid: 'u1' } })
})
