import { execFile } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import test from 'ava'
import { FIGURE_RULES } from '../../bench/figures.ts'
import { noNamespaces } from '../helpers/netns.ts'

const MAIN = join(import.meta.dirname, '..', '..', 'bench', 'main.ts')

const real = noNamespaces === undefined ? test : test.skip

real('a short run measures the real proxy with real intercepts, and leaves nothing behind', async t => {
  t.timeout(180_000)
  const run = promisify(execFile)(process.execPath, [
    MAIN, '--json', '--only', 'small,ondemand', '--sides', 'direct,waylay-on-demand,waylay-100', '--rounds', '1', '--seconds', '1'
  ])
  const { stdout } = await run
  const report = JSON.parse(stdout) as Record<string, unknown> & {
    readonly rows: Record<string, Record<string, Record<string, { readonly median: number }>>>
  }
  t.deepEqual(FIGURE_RULES.map(({ name }) => name).filter(name => !(name in report)), [])
  const sides = report.rows['small']
  t.deepEqual(Object.keys(sides ?? {}), ['direct', 'waylay-100'])
  t.is(sides?.['waylay-100']?.['errors']?.median, 0)
  t.true(Number(sides?.['waylay-100']?.['cpuUs']?.median) > 0)
  // Also that the check for connections through the proxy, and for none, has passed.
  t.is(report.rows['ondemand']?.['waylay-on-demand']?.['turns']?.median, 0)

  const { pid } = run.child
  const { stdout: namespaces } = await promisify(execFile)('ip', ['netns', 'list'])
  t.notRegex(namespaces, new RegExp(`waylay-bench-${pid}-`))
  t.deepEqual(readdirSync(tmpdir()).filter(name => name.startsWith(`waylay-bench-${pid}-`)), [])
})

test('a wrong flag ends the bench with 2 before anything is made', async t => {
  const error = await t.throwsAsync<Error & { code: number, stderr: string }>(
    promisify(execFile)(process.execPath, [MAIN, '--only', 'everything']))
  t.is(error?.code, 2)
  t.regex(error?.stderr ?? '', /there is no "everything"/)
})
