import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import test from 'ava'
import { TUNNEL_FIGURE_RULES } from '../../bench/tunnel/figures.ts'
import { parseLabOptions } from '../../bench/lab-options.ts'
import { TUNNEL_ROW_NAMES, TUNNEL_ROWS } from '../../bench/tunnel/rows.ts'

const MAIN = join(import.meta.dirname, '..', '..', 'bench', 'main.ts')

test('the bench of the tunnel has a row for every name and figure', t => {
  t.deepEqual(TUNNEL_ROWS.map(({ name }) => name), [...TUNNEL_ROW_NAMES])
  for (const { name, row, sides } of TUNNEL_FIGURE_RULES) {
    t.deepEqual(TUNNEL_ROWS.find(one => one.name === row)?.sides, sides, name)
  }
})

test('rows of the tunnel are chosen by name, and a wrong one is refused', t => {
  t.deepEqual(parseLabOptions(['--only', 'help,mux'], TUNNEL_ROW_NAMES).rows, ['mux', 'help'])
  t.deepEqual(parseLabOptions([], TUNNEL_ROW_NAMES).rows, TUNNEL_ROW_NAMES)
  t.throws(() => parseLabOptions(['--only', 'small'], TUNNEL_ROW_NAMES), { message: /"small".*mux, help/ })
})

test('a short run compares real streams of both multiplexers over loopback', async t => {
  const { stdout } = await promisify(execFile)(process.execPath, [
    MAIN, 'tunnel', '--json', '--only', 'mux', '--rounds', '1', '--seconds', '1'
  ])
  const report = JSON.parse(stdout) as Record<string, unknown> & {
    readonly rows: { readonly mux: Record<string, { readonly messagesPerSecond: { readonly median: number } }> }
  }
  t.deepEqual(TUNNEL_FIGURE_RULES.map(({ name }) => name).filter(name => !(name in report)), [])
  t.log(report['mux.messages_per_second.vs_node_http2'])
  t.deepEqual(Object.keys(report.rows.mux), ['waylay', 'node-http2'])
  for (const { messagesPerSecond } of Object.values(report.rows.mux)) t.true(messagesPerSecond.median > 0)
})

test('a wrong flag ends the bench of the tunnel with 2', async t => {
  const error = await t.throwsAsync<Error & { code: number, stderr: string }>(
    promisify(execFile)(process.execPath, [MAIN, 'tunnel', '--rounds', '0']))
  t.is(error?.code, 2)
  t.regex(error?.stderr ?? '', /--rounds: "0"/)
})
