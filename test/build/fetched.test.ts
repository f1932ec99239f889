import { mkdtempSync, rmSync } from 'node:fs'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { ROOT } from '../../build/bundle.ts'
import { fetchedFolder } from '../../build/fetched.ts'

const cache = mkdtempSync(join(tmpdir(), 'waylay-fetched-'))
process.env['WAYLAY_CACHE'] = cache
test.after.always(() => rmSync(cache, { recursive: true, force: true }))

const OPTIONS = { progress: () => {} }

test('what was fetched once is not fetched again, and another key is another folder', async t => {
  let fetches = 0
  const fetch = async (key: string) => await fetchedFolder({
    kind: 'once', key, fill: async folder => await writeFile(join(folder, 'file'), String(++fetches))
  }, OPTIONS)

  const folders = await Promise.all([fetch('1.0'), fetch('1.0'), fetch('1.1')])

  t.is(folders[0], folders[1])
  t.not(folders[0], folders[2])
  t.is(fetches, 2)
  t.regex(await readFile(join(folders[0], 'file'), 'utf8'), /^[12]$/)
})

test('a fetch that failed leaves nothing that a later one would take for whole', async t => {
  const fetch = async (fails: boolean) => await fetchedFolder({
    kind: 'broken',
    key: '1.0',
    fill: async folder => {
      await writeFile(join(folder, fails ? 'half' : 'whole'), '')
      if (fails) throw new Error('the registry went away')
    }
  }, OPTIONS)

  await t.throwsAsync(fetch(true), { message: 'the registry went away' })

  t.deepEqual(await readdir(await fetch(false)), ['whole'])
})

test('every Python package of the chain is pinned with its digest', async t => {
  const text = await readFile(join(ROOT, 'test/e2e/fixtures/chain/otel/requirements.txt'), 'utf8')
  const lines = text.split('\n').filter(line => line !== '' && !line.startsWith('#'))

  t.true(lines.length > 5)
  for (const line of lines) t.regex(line, /^[\w-]+==[\w.]+ --hash=sha256:[0-9a-f]{64}$/)
})

test('the lock file of the chain names no registry', async t => {
  const text = await readFile(join(ROOT, 'test/e2e/fixtures/chain/otel/package-lock.json'), 'utf8')

  t.notRegex(text, /"resolved"/)
})
