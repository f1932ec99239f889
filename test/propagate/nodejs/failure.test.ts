import { execFile } from 'node:child_process'
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import test, { type ExecutionContext } from 'ava'
import { ROOT } from '../../../build/bundle.ts'

const run = promisify(execFile)

/** `register.cjs` with a bundle beside it that is not what it should be. */
async function withBundle (t: ExecutionContext, bundle: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'waylay-propagate-'))
  t.teardown(async () => { await rm(folder, { recursive: true, force: true }) })
  await cp(join(ROOT, 'propagate/nodejs/register.cjs'), join(folder, 'register.cjs'))
  await writeFile(join(folder, 'propagate.cjs'), bundle)
  return join(folder, 'register.cjs')
}

const startsAnyway = test.macro(async (t, bundle: string, why: RegExp, before: readonly string[] = []) => {
  const register = await withBundle(t, bundle)

  const { stdout, stderr } = await run(process.execPath, [...before, '--require', register, '--eval', 'console.log("started")'])

  t.is(stdout, 'started\n')
  t.regex(stderr, why)
  t.is(stderr.trim().split('\n').length, 1)
})

test('an app starts when what is loaded into it throws', startsAnyway, 'throw new Error("first\\nsecond")', /: first$/m)
test('an app starts when what is loaded into it cannot be read', startsAnyway, 'class {', /does not carry headers on: /)
test('an app starts when what is loaded throws no error', startsAnyway, 'throw undefined', /does not carry headers on: /)

test('an app starts in a Node that is too old', async t => {
  const register = await withBundle(t, 'console.log("loaded")')
  const old = join(register, '../old.cjs')
  await writeFile(old, 'Object.defineProperty(process.versions, "node", { value: "16.20.2" })')

  const { stdout, stderr } = await run(process.execPath, ['--require', old, '--require', register, '--eval', 'console.log("started")'])

  t.is(stdout, 'started\n')
  t.is(stderr, 'waylay: this program does not carry headers on: Node 16.20.2 is older than 18.19\n')
})
