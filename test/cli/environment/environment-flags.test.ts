import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import test from 'ava'

const run = promisify(execFile)

// Why the docs say -e: a Node that lets --env-file pass makes this test fail, and the note can go.
test('Node takes --env-file from behind a program\'s name, and leaves -e', async t => {
  const folder = await mkdtemp(path.join(tmpdir(), 'waylay-node-'))
  t.teardown(async () => { await rm(folder, { recursive: true }) })
  const program = path.join(folder, 'program.mjs')
  await writeFile(program, 'console.log(JSON.stringify(process.argv.slice(2)))')
  const missing = path.join(folder, 'app.env')

  const long = await t.throwsAsync(run(process.execPath, [program, '--env-file', missing]))
  t.is((long as Error & { code?: number }).code, 9)
  const short = await run(process.execPath, [program, '-e', missing, '--env-json', missing, '--env-format', 'docker'])
  t.is((JSON.parse(short.stdout) as string[])[0], '-e')
})
