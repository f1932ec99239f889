import test, { type ExecutionContext } from 'ava'
import { judgeSharedWork } from '../../../../../cli/ephemeral/plan/shared/judge-shared-work.ts'
import { createVariableReader } from '../../../../../cli/ephemeral/plan/shared/read-variables.ts'
import { setVariables, type Variable } from '../../../../../cli/ephemeral/plan/set-variables.ts'
import type { TemplateContainer } from '../../../../../cli/ephemeral/plan/pod-template.ts'
import { startObjectServer, type Objects } from '../../../helpers/object-server.ts'
import { anOriginal } from '../an-original.ts'

const CONFIG = { metadata: { name: 'config' }, data: { KAFKA_GROUP_ID: 'payments', LOG_LEVEL: 'info' } }
const FROM = { name: 'app', envFrom: [{ configMapRef: { name: 'config' } }, { secretRef: { name: 'secret' } }] }

async function judge (t: ExecutionContext, container: TemplateContainer, options: {
  readonly set?: readonly Variable[]
  readonly isAllowed?: boolean
  readonly configmaps?: Objects['configmaps']
} = {}) {
  const { cluster, requests } = await startObjectServer(t, { configmaps: options.configmaps ?? [CONFIG] })
  const original = anOriginal('deployment/payments', [container])
  const copy = { ...container, env: setVariables(container.env ?? [], options.set ?? []) }
  const reader = createVariableReader(cluster, 'shop')
  const copied = { ...original.template, spec: { containers: [copy] } }
  const warnings = await judgeSharedWork(original, copied, reader, options.isAllowed ?? false)
  return { warnings, unseen: reader.unseen, requests }
}

test('a consumer group in a ConfigMap is refused with what to type', async t => {
  const error = await t.throwsAsync(judge(t, FROM), { code: 'WAYLAY_COPY_UNFIT', message: /KAFKA_GROUP_ID=payments \(app\)/ })
  t.regex((error as { hint?: string }).hint ?? '', /--env payments\/KAFKA_GROUP_ID=.*--allow-shared-consumers/)
})

test('another value, or the permission, ends the refusal; the same value does not', async t => {
  const set = (value: string) => ({ set: [{ name: 'KAFKA_GROUP_ID', value }] })
  t.deepEqual((await judge(t, FROM, set('pr-1'))).warnings, [])
  await t.throwsAsync(judge(t, FROM, set('payments')), { code: 'WAYLAY_COPY_UNFIT' })
  t.regex((await judge(t, FROM, { isAllowed: true })).warnings.join(), /same consumer group: KAFKA_GROUP_ID=payments/)
})

test('Secrets are not read, and ConfigMaps that may not be read are known', async t => {
  const { warnings, unseen, requests } = await judge(t, FROM, { configmaps: 403 })
  t.deepEqual(warnings, [])
  t.deepEqual([...unseen], ['config'])
  t.deepEqual(requests, ['GET /api/v1/namespaces/shop/configmaps/config'])
})

test('queues, clocks and migrations are warnings', async t => {
  const { warnings } = await judge(t, {
    name: 'app',
    args: ['migrate'],
    env: [{ name: 'MAIL_QUEUE', value: 'mail' }, { name: 'CRON', value: '* * * * *' }]
  })
  t.deepEqual(warnings.map(text => / may .*$/.exec(text)?.[0]), [
    ' may take jobs out of the same queue: MAIL_QUEUE=mail (app).',
    ' may do by the clock what deployment/payments does, too: CRON=* * * * * (app).',
    ' may change the database that deployment/payments uses when it starts: migrate (app).'
  ])
})

test('long values and addresses that differ in their keys alone are different', async t => {
  const folder = `https://sqs.eu-central-1.amazonaws.com/123456789012/${'a'.repeat(60)}`
  for (const [before, after] of [[`${folder}-1`, `${folder}-2`], ['https://q.example/?q=1', 'https://q.example/?q=2']] as const) {
    const container = { name: 'app', env: [{ name: 'MAIL_QUEUE_URL', value: before }] }
    t.deepEqual((await judge(t, container, { set: [{ name: 'MAIL_QUEUE_URL', value: after }] })).warnings, [])
    t.is((await judge(t, container)).warnings.length, 1)
  }
})
