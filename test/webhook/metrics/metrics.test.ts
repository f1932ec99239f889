import { request } from 'node:http'
import type { AddressInfo } from 'node:net'
import test, { type ExecutionContext } from 'ava'
import { createMetrics, type Metrics } from '../../../webhook/metrics/metrics.ts'
import { createMetricsServer } from '../../../webhook/metrics/serve.ts'
import { quietLog } from '../quiet-log.ts'

async function serve (t: ExecutionContext, metrics: Pick<Metrics, 'read'>) {
  const server = createMetricsServer(metrics, quietLog().log).listen(0, '127.0.0.1')
  await new Promise(resolve => server.once('listening', resolve))
  t.teardown(() => server.close())
  const { port } = server.address() as AddressInfo
  return (path: string): Promise<{ status: number, type: string, text: string }> => new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', port, path, agent: false }, res => {
      let text = ''
      res.setEncoding('utf8').on('data', (piece: string) => { text += piece })
      res.on('end', () => resolve({ status: res.statusCode ?? 0, type: res.headers['content-type'] ?? '', text }))
    }).on('error', reject).end()
  })
}

test('a scraper reads what was counted over plain HTTP', async t => {
  const facts = { services: true, nodes: false }
  const metrics = createMetrics({ factsSynced: () => facts, activeBypasses: () => 3 })
  const ask = await serve(t, metrics)
  metrics.admitted({ result: 'injected', tookMs: 0.7 })
  metrics.admitted({ result: 'skipped', reason: 'windows', tookMs: 3 })
  metrics.interceptDecided({ operation: 'WHATEVER', tookMs: 1 })

  const { status, type, text } = await ask('/metrics?x=1')

  t.is(status, 200)
  t.regex(type, /^text\/plain/)
  const lines = text.split('\n')
  for (const line of [
    'waylay_webhook_pod_admissions_total{result="injected",reason=""} 1',
    'waylay_webhook_pod_admissions_total{result="skipped",reason="windows"} 1',
    'waylay_webhook_answer_duration_seconds_bucket{le="0.001",about="pod"} 1',
    'waylay_webhook_answer_duration_seconds_count{about="pod"} 2',
    'waylay_webhook_intercept_decisions_total{operation="other",code=""} 1',
    'waylay_webhook_facts_synced{facts="services"} 1',
    'waylay_webhook_facts_synced{facts="nodes"} 0',
    'waylay_webhook_bypasses_active 3'
  ]) t.true(lines.includes(line), line)
  t.true(lines.some(line => line.startsWith('process_resident_memory_bytes ')))
})

test('nothing but the metrics is served there', async t => {
  const ask = await serve(t, { read: async () => { throw new Error('broken') } })

  t.is((await ask('/')).status, 404)
  t.is((await ask('/pods')).status, 404)
  t.is((await ask('/metrics')).status, 500)
})

test('a port that is taken is said and ends nothing', async t => {
  const { log, events } = quietLog()
  const first = createMetricsServer({ read: async () => ({ text: '', contentType: '' }) }, log).listen(0, '127.0.0.1')
  await new Promise(resolve => first.once('listening', resolve))
  t.teardown(() => first.close())
  const second = createMetricsServer({ read: async () => ({ text: '', contentType: '' }) }, log)
  const failed = new Promise(resolve => second.once('error', resolve))
  second.listen((first.address() as AddressInfo).port, '127.0.0.1')
  await failed

  t.deepEqual(events, ['warn metrics.failed'])
})
