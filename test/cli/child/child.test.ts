import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { startChild } from '../../../cli/child/child.ts'
import { startsCommand } from '../../../cli/child/own-command.ts'
import { until } from '../helpers/until.ts'

const env = { PATH: process.env['PATH'] }

async function makeFile (t: ExecutionContext): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'waylay-child-'))
  t.teardown(async () => { await rm(folder, { recursive: true }) })
  return path.join(folder, 'out')
}

function isAlive (pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

async function readLines (file: string): Promise<readonly string[]> {
  return (await readFile(file, 'utf8').catch(() => '')).split('\n').filter(Boolean)
}

async function untilLines (file: string, count: number): Promise<readonly string[]> {
  let lines: readonly string[] = []
  let isReading = false
  await until(() => {
    if (!isReading) {
      isReading = true
      void readLines(file).then(found => {
        lines = found
        isReading = false
      })
    }
    return lines.length >= count
  })
  return lines
}

test('a line for the shell gives its exit code', async t => {
  const child = await startChild({ kind: 'line', line: 'test "$A" = b && exit 7' }, { env: { ...env, A: 'b' }, stdout: 'stderr' })

  t.is(await child.exited, 7)
})

test('a program that a signal ended counts as shells count', async t => {
  const child = await startChild({ kind: 'line', line: 'kill -KILL $$' }, { env, stdout: 'stderr' })

  t.is(await child.exited, 137)
})

test('a signal reaches the program and what it started, once each', async t => {
  const file = await makeFile(t)
  const trap = `trap "echo got >> ${file}; exit 3" INT; echo up >> ${file}; while :; do sleep 0.05; done`
  const child = await startChild({ kind: 'line', line: `(${trap}) & ${trap}` }, { env, stdout: 'stderr' })
  // The one in the background of a shell without job control would pass over INT: it sets its own trap first.
  await untilLines(file, 2)

  await child.stop('SIGTERM', 5000)

  t.is(await child.exited, 143)
})

test('what does not end by itself is ended with all that it started', async t => {
  const file = await makeFile(t)
  const line = `trap "" TERM; (trap "" TERM; echo $$ >> ${file}; sleep 60) & echo $! >> ${file}; wait; sleep 60`
  const child = await startChild({ kind: 'line', line }, { env, stdout: 'stderr' })
  const pids = (await untilLines(file, 2)).map(Number)

  await child.stop('SIGTERM', 100)

  t.is(await child.exited, 137)
  await until(() => pids.every(pid => !isAlive(pid)))
  t.pass()
})

test('a program that is not there is named', async t => {
  await t.throwsAsync(startChild({ kind: 'words', words: ['no-such-program-here'] }, { env, stdout: 'stderr' }), {
    code: 'WAYLAY_USAGE', message: /Cannot start "no-such-program-here"/
  })
})

test('only an intercept with a program has exit codes of its own', t => {
  t.true(startsCommand(['-n', 'shop', 'intercept', 'payments', '-p', '3000', '--', 'npm', 'start']))
  t.true(startsCommand(['intercept', 'payments', '--run', 'npm start']))
  t.true(startsCommand(['intercept', 'payments', '--run=npm start']))
  t.false(startsCommand(['intercept', 'payments', '-p', '3000']))
  t.false(startsCommand(['list', '--', 'intercept']))
})
