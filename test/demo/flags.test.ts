import { execFile } from 'node:child_process'
import { join } from 'node:path'
import test from 'ava'
import { ROOT } from '../../build/bundle.ts'
import { parseFlags } from '../../demo/flags.ts'

test('without flags the demo stays and cleans up', t => {
  t.deepEqual(parseFlags([]), { once: false, json: false, keep: false, help: false })
})

test('JSON means once: a program presses no Ctrl-C', t => {
  t.like(parseFlags(['--json', '--keep']), { once: true, json: true, keep: true })
})

test('an unknown flag is named, with the usage and exit code 2', async t => {
  const { code, stderr } = await demo('--onec')
  t.is(code, 2)
  t.regex(stderr, /--onec/)
  t.regex(stderr, /Usage: npm run demo/)
})

test('help is printed without touching any cluster', async t => {
  const { code, stdout } = await demo('--help')
  t.is(code, 0)
  t.regex(stdout, /--keep {3}leave the cluster/)
})

async function demo (...args: readonly string[]) {
  return await new Promise<{ readonly code: number, readonly stdout: string, readonly stderr: string }>(resolve => {
    const child = execFile(process.execPath, [join(ROOT, 'demo/main.ts'), ...args], (_error, stdout, stderr) => {
      resolve({ code: child.exitCode ?? -1, stdout, stderr })
    })
  })
}
