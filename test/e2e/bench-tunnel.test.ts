import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import test from 'ava'
import { TUNNEL_FIGURE_RULES } from '../../bench/tunnel/figures.ts'
import { kubectl } from '../helpers/kube.ts'

const MAIN = join(import.meta.dirname, '..', '..', 'bench', 'main.ts')
const ROWS = ['help', 'ready-3', 'latency', 'bulk-up', 'bulk-down', 'latency-25ms']

type Measured = { readonly median: number | null }
type Report = Readonly<Record<string, unknown>> & {
  readonly rows: Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, Measured>>>>>>
}

test('a short run measures real diverted requests beside kubectl, and leaves nothing behind', async t => {
  const { stdout } = await promisify(execFile)(process.execPath, [
    MAIN, 'tunnel', '--json', '--only', ROWS.join(','), '--rounds', '1', '--seconds', '1'
  ])

  const report = JSON.parse(stdout) as Report
  t.deepEqual(TUNNEL_FIGURE_RULES.map(({ name }) => name).filter(name => !(name in report)), [])
  t.deepEqual(Object.keys(report.rows), ROWS)
  for (const { name, row } of TUNNEL_FIGURE_RULES.filter(rule => ROWS.includes(rule.row))) {
    t.log(name, JSON.stringify(report[name]))
    t.not((report[name] as { value: number | null }).value, null, row)
  }
  // The relay delays both sides, each way.
  for (const side of ['waylay', 'kubectl']) t.true(Number(report.rows['latency-25ms']?.[side]?.['p50Us']?.median) > 50_000)
  const namespaces = await kubectl(['get', 'namespaces', '-o', 'jsonpath={.items[?(@.status.phase=="Active")].metadata.name}'])
  t.deepEqual(namespaces.split(' ').filter(name => name.startsWith('bench-')), [])
  t.true(namespaces.includes('waylay-system'), 'waylay was there before and stays')
})
