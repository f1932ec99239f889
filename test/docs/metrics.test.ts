import test from 'ava'
import { createMetrics as createGatewayMetrics } from '../../preview/metrics.ts'
import { createMetrics } from '../../webhook/metrics/metrics.ts'
import { pageAt, tableOf } from './pages.ts'

test('the page of metrics names every metric of ours with its labels, and no other', async t => {
  const metrics = createMetrics({ factsSynced: () => ({ services: true }), activeBypasses: () => 0 })
  metrics.admitted({ result: 'skipped', reason: 'windows', tookMs: 1 })
  metrics.interceptDecided({ operation: 'CREATE', code: 'X', tookMs: 1 })
  metrics.environmentDecided({ operation: 'CREATE', code: 'X', tookMs: 1 })
  metrics.swept('deleted')
  metrics.expired('deleted')
  metrics.trouble('stuck')
  metrics.eventWritten('created')
  metrics.certificateEnds('serving', 1000)
  const { text } = await metrics.read()
  t.deepEqual(shownIn(text), rowsOf(['Metric', 'Labels', 'Says']))
})

test('the page of metrics names every metric of the preview gateway, and no other', async t => {
  const metrics = createGatewayMetrics({ links: () => 1, active: () => 0 })
  metrics.decided('forward')
  const { text } = await metrics.read()
  t.deepEqual(shownIn(text), rowsOf(['Metric of the gateway', 'Labels', 'Says']))
})

/** `name label,label` of each metric of ours. */
function shownIn (text: string): readonly string[] {
  const shown = [...text.matchAll(/^(waylay_\w+?)(?:_bucket|_sum|_count)?(?:\{(.*?)\})? \d/gm)]
    .map(([, name = '', labels = '']) => {
      const keys = [...labels.matchAll(/(\w+)="/g)].map(([, key]) => key).filter(key => key !== 'le')
      return `${name} ${keys.sort().join()}`
    })
  return [...new Set(shown)].sort()
}

function rowsOf (header: readonly string[]): readonly string[] {
  return tableOf(pageAt('docs/metrics.md'), header).map(([name = '', labels = '']) => {
    const keys = [...labels.matchAll(/`(\w+)`/g)].map(([, key]) => key)
    return `${name.replaceAll('`', '')} ${keys.sort().join()}`
  }).sort()
}
