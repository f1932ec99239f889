import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import test from 'ava'
import { WEBHOOK_FIGURE_RULES } from '../../bench/webhook/figures.ts'
import { WEBHOOK_ROW_NAMES } from '../../bench/webhook/rows.ts'
import { kubectl } from '../helpers/kube.ts'

const MAIN = join(import.meta.dirname, '..', '..', 'bench', 'main.ts')

test('a short run measures answers, pods and images, and leaves nothing behind', async t => {
  const { stdout } = await promisify(execFile)(process.execPath, [
    MAIN, 'webhook', '--json', '--rounds', '1', '--seconds', '1', '--pods', '1'
  ])

  const report = JSON.parse(stdout) as Readonly<Record<string, unknown>> & { readonly rows: object }
  t.deepEqual(Object.keys(report.rows), [...WEBHOOK_ROW_NAMES])
  for (const { name } of WEBHOOK_FIGURE_RULES) {
    t.log(name, JSON.stringify(report[name]))
    t.is(typeof (report[name] as { value: number | null }).value, 'number', name)
  }
  const namespaces = await kubectl(['get', 'namespaces', '-o', 'jsonpath={.items[?(@.status.phase=="Active")].metadata.name}'])
  t.deepEqual(namespaces.split(' ').filter(name => name.startsWith('bench-')), [])
})
