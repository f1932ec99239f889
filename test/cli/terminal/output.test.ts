import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import test from 'ava'

const OUTPUT = join(import.meta.dirname, '..', '..', '..', 'cli', 'terminal', 'output.ts')

/** Runs a script that prints, with both streams into one pipe. */
async function print (script: string): Promise<string> {
  const { stdout } = await promisify(execFile)('sh', ['-c', 'exec "$0" --input-type=module-typescript --eval "$1" 2>&1',
    process.execPath, `import { consoleOutput as out } from ${JSON.stringify(OUTPUT)}\n${script}`])
  return stdout
}

test('results and notes keep their order, whichever stream they go to', async t => {
  t.is(await print('out.note("a"); out.note("b"); out.result("c"); out.json({ d: 1 }); out.note("e")'), 'a\nb\nc\n{"d":1}\ne\n')
})

test('what was printed just before a sudden end is not lost', async t => {
  t.is(await print('out.note("a"); out.result("b"); process.exit(0)'), 'a\nb\n')
})

test('what is printed at different times comes at those times', async t => {
  t.is(await print('out.note("a"); setTimeout(() => { process.stdout.write("between\\n"); out.note("b") }, 20)'), 'a\nbetween\nb\n')
})
