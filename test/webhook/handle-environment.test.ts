import test from 'ava'
import { createEnvironmentHandler, type EnvironmentHandlerDeps } from '../../webhook/handle-environment.ts'
import { createNewcomers } from '../../webhook/admission/newcomers.ts'
import type { InterceptDecision } from '../../webhook/metrics/metrics.ts'
import { anEnvironment, NOW_MS } from './admission/environment-cases.ts'
import { quietLog } from './quiet-log.ts'

const UID = '5f2c1f6e-0000-4000-8000-000000000001'

function aHandler (more: Partial<EnvironmentHandlerDeps> = {}) {
  const quiet = quietLog()
  const counted: InterceptDecision[] = []
  const handle = createEnvironmentHandler({
    readNamespace: async () => ({ labels: {}, annotations: {}, isTerminating: false }),
    listEnvironments: async () => [],
    newcomers: createNewcomers(5000, () => 0),
    nowMs: () => NOW_MS,
    count: decision => { counted.push(decision) },
    monotonicMs: () => 0,
    log: quiet.log,
    ...more
  })
  const ask = async (object: unknown): Promise<unknown> => (await handle({
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    request: { uid: UID, operation: 'CREATE', namespace: 'shop', name: 'pr-123', userInfo: { username: 'ci' }, object }
  }) as { response: unknown }).response
  return { handle, ask, counted, events: quiet.events }
}

test('an environment is allowed with a patch, counted and said', async t => {
  const { ask, counted, events } = aHandler()

  t.like(await ask(anEnvironment()), { uid: UID, allowed: true, patchType: 'JSONPatch' })
  t.deepEqual(counted, [{ operation: 'CREATE', tookMs: 0 }])
  t.deepEqual(events, ['info environment.allowed'])
})

test('a refusal has a status and counts by its code', async t => {
  const { ask, counted, events } = aHandler()

  t.like(await ask({}), { allowed: false, status: { code: 422, reason: 'Invalid' } })
  t.deepEqual(counted, [{ operation: 'CREATE', tookMs: 0, code: 'WAYLAY_ENVIRONMENT_INVALID' }])
  t.deepEqual(events, ['info environment.refused'])
})

test('nothing is made that could not be counted', async t => {
  const { ask, events } = aHandler({ listEnvironments: async () => { throw new Error('the API server is away') } })

  t.like(await ask(anEnvironment()), { allowed: false, status: { code: 500 } })
  t.deepEqual(events, ['error environment.failed', 'info environment.refused'])
})

test('what is no review is rejected', async t => {
  await t.throwsAsync(aHandler().handle({}), { instanceOf: TypeError })
})
