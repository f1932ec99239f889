import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { parse } from 'yaml'
import { requireGo } from './bare/go-build.ts'
import { kindClusterName, kindConfigPath } from './kind/driver.ts'
import { run } from './run.ts'

/** Where kind itself cannot run, its own parser still says whether it would take our configuration. */
async function askKind (config: string): Promise<string> {
  return await run(await requireGo(), ['run', '-mod=readonly', '.', config],
    { cwd: join(import.meta.dirname, 'kind', 'check'), env: { ...process.env, CGO_ENABLED: '0' } })
}

test('kind\'s own parser takes our configuration as one node with both address families', async t => {
  t.timeout(300_000, 'the first run compiles kind\'s parser')
  t.regex(await askKind(kindConfigPath), /accepts 1 node\(s\), ip family dual/)
})

test('kind\'s own parser refuses a key it does not know, so a typing error is seen', async t => {
  t.timeout(300_000, 'the first run compiles kind\'s parser')
  await t.throwsAsync(askKind(join(import.meta.dirname, 'fixtures', 'kind-unknown-key.yaml')),
    { message: /field ipfamily not found/ })
})

test('the name in the configuration is the one the driver looks for', async t => {
  const config = parse(await readFile(kindConfigPath, 'utf8')) as { name: unknown }
  t.is(config.name, kindClusterName)
})
