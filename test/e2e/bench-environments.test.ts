import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import test from 'ava'
import { ENVIRONMENTS_FIGURE_RULES } from '../../bench/environments/figures.ts'
import { ENVIRONMENTS_ROW_NAMES } from '../../bench/environments/rows.ts'
import { kubectl } from '../helpers/kube.ts'

const MAIN = join(import.meta.dirname, '..', '..', 'bench', 'main.ts')

test('a short run makes real environments, measures around them, and leaves nothing behind', async t => {
  const { stdout } = await promisify(execFile)(process.execPath, [
    MAIN, 'env', '--json', '--environments', '2', '--rounds', '1', '--seconds', '1', '--idle-seconds', '5'
  ])

  const report = JSON.parse(stdout) as Readonly<Record<string, unknown>> & { readonly rows: object }
  t.deepEqual(Object.keys(report.rows), [...ENVIRONMENTS_ROW_NAMES])
  for (const { name } of ENVIRONMENTS_FIGURE_RULES) {
    t.log(name, JSON.stringify(report[name]))
    t.is(typeof (report[name] as { value: number | null }).value, 'number', name)
  }
  const namespaces = await kubectl(['get', 'namespaces', '-o', 'jsonpath={.items[?(@.status.phase=="Active")].metadata.name}'])
  t.deepEqual(namespaces.split(' ').filter(name => name.startsWith('bench-')), [])
})
