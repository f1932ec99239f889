import { generateKeyPairSync } from 'node:crypto'
import test from 'ava'
import { createInterceptHandler } from '../../webhook/handle-intercept.ts'
import { quietLog } from './quiet-log.ts'

const UID = '5f2c1f6e-0000-4000-8000-000000000001'

async function ask (operation: string, events: string[] = []): Promise<unknown> {
  const quiet = quietLog()
  const handle = createInterceptHandler({
    mayDo: async () => { throw new Error('the API server is away') },
    mayChangeEnvironment: async () => { throw new Error('the API server is away') },
    readNamespace: async () => { throw new Error('the API server is away') },
    ticketKey: () => generateKeyPairSync('ed25519').privateKey,
    nowMs: Date.now,
    count: () => {},
    monotonicMs: () => 0,
    log: quiet.log
  })
  const oldObject = { spec: { owner: 'maria' } }
  const review = await handle({
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    request: { uid: UID, operation, namespace: 'shop', userInfo: { username: 'bob' }, object: { spec: {} }, oldObject }
  })
  events.push(...quiet.events)
  return (review as { response: unknown }).response
}

test('a deletion is allowed when nobody can be asked', async t => {
  const events: string[] = []

  t.like(await ask('DELETE', events), { uid: UID, allowed: true })
  t.deepEqual(events, ['error intercept.failed', 'info intercept.allowed'])
})

test('a malformed intercept is refused with status and code', async t => {
  const response = await ask('CREATE') as { allowed: boolean, status: { code: number, message: string } }

  t.false(response.allowed)
  t.is(response.status.code, 422)
  t.regex(response.status.message, /^WAYLAY_INTERCEPT_INVALID: /)
})

test('what is no review is rejected', async t => {
  const handle = createInterceptHandler({
    mayDo: async () => true,
    mayChangeEnvironment: async () => true,
    readNamespace: async () => ({ labels: {}, annotations: {}, isTerminating: false }),
    ticketKey: () => generateKeyPairSync('ed25519').privateKey,
    nowMs: Date.now,
    count: () => {},
    monotonicMs: () => 0,
    log: quietLog().log
  })

  await t.throwsAsync(handle({}), { instanceOf: TypeError })
})
