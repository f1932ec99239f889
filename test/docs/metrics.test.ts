import test from 'ava'
import { createMetrics } from '../../webhook/metrics/metrics.ts'
import { pageAt, tableOf } from './pages.ts'

test('the page of metrics names every metric of ours with its labels, and no other', async t => {
  const metrics = createMetrics({ factsSynced: () => ({ services: true }), activeBypasses: () => 0 })
  metrics.admitted({ result: 'skipped', reason: 'windows', tookMs: 1 })
  metrics.interceptDecided({ operation: 'CREATE', code: 'X', tookMs: 1 })
  metrics.swept('deleted')
  metrics.trouble('stuck')
  metrics.eventWritten('created')
  metrics.certificateEnds('serving', 1000)
  const { text } = await metrics.read()
  const shown = [...text.matchAll(/^(waylay_\w+?)(?:_bucket|_sum|_count)?(?:\{(.*?)\})? \d/gm)]
    .map(([, name = '', labels = '']) => {
      const keys = [...labels.matchAll(/(\w+)="/g)].map(([, key]) => key).filter(key => key !== 'le')
      return `${name} ${keys.sort().join()}`
    })

  const rows = tableOf(pageAt('docs/metrics.md'), ['Metric', 'Labels', 'Says']).map(([name = '', labels = '']) => {
    const keys = [...labels.matchAll(/`(\w+)`/g)].map(([, key]) => key)
    return `${name.replaceAll('`', '')} ${keys.sort().join()}`
  })
  t.deepEqual([...new Set(shown)].sort(), [...rows].sort())
})
