import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import path from 'node:path'
import { once } from 'node:events'
import test, { type ExecutionContext } from 'ava'
import { jobLabel } from '../../../cli/ci/run/job-label.ts'
import { startFakeApiServer } from '../helpers/fake-api-server.ts'
import { fitsSchema } from '../helpers/fits-schema.ts'
import { writeKubeconfig } from '../helpers/kubeconfig.ts'
import { makeFolder } from '../helpers/open-cluster.ts'
import { startCli } from '../helpers/run-cli.ts'
import { until } from '../helpers/until.ts'

async function freePort (): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { readonly port: number }
  server.close()
  await once(server, 'close')
  return port
}

/** A job whose app is a script, which ends by itself where a test leaves it behind. */
async function startCase (t: ExecutionContext) {
  const api = await startFakeApiServer(t)
  api.addPod('payments-1')
  const kubeconfig = await writeKubeconfig(t, api.url)
  const folder = await makeFolder(t)
  const port = await freePort()
  const file = (name: string): string => path.join(folder, name)
  const app = {
    listens: `require('net').createServer(s => s.end()).listen(${port}, '127.0.0.1')`,
    listensLater: `setTimeout(() => { require('net').createServer(s => s.end()).listen(${port}, '127.0.0.1') }, 700)`
  }
  const start = async (args: readonly string[], script: string, env: Record<string, string> = {}) => await startCli(t, [
    '--kubeconfig', kubeconfig, 'ci', 'run', '--workload', 'payments', '--port', `${port}:8080`, ...args,
    '--', process.execPath, '-e', `setTimeout(() => process.exit(99), 60_000).unref();${script}`
  ], { PATH: process.env['PATH'], ...env })
  return { api, app, file, start, port }
}

test('the intercept stands when the app listens, and the file says how', async t => {
  const { api, app, file, start } = await startCase(t)
  const run = await start(['--ready-file', file('run.json')], app.listensLater, { GITHUB_RUN_ID: '4711' })
  await until(() => existsSync(file('run.json')))
  const facts = fitsSchema(t, await readFile(file('run.json'), 'utf8'), 'ci-run') as {
    readonly header: { readonly name: string, readonly value: string }
    readonly baggage: string
    readonly intercepts: readonly { readonly intercept: string }[]
  }
  t.is(facts.header.name, 'x-waylay-id')
  t.regex(facts.header.value, /^ci-4711-[a-z2-7]{8}$/)
  t.is(facts.baggage, `waylay-id=${facts.header.value}`)
  t.deepEqual(facts.intercepts.map(({ intercept }) => intercept), [...api.intercepts.keys()])
  t.true(run.stderr.join('\n').includes(facts.header.value), 'the value is printed')
  run.interrupt()
  t.is(await run.exitCode, 0)
  t.false(existsSync(file('run.json')))
  t.is(api.intercepts.size, 0)
})

test('an app that ends before it listens leaves its code and no intercept', async t => {
  const { api, start } = await startCase(t)
  const run = await start([], 'process.exit(7)')
  t.is(await run.exitCode, 7)
  t.false(api.requests.some(line => line.startsWith('POST') && line.endsWith('/intercepts')))
})

test('an app that says all is well and never listened is a failure', async t => {
  const { start } = await startCase(t)
  const run = await start([], 'process.exit(0)')
  t.is(await run.exitCode, 126)
  t.regex(run.stderr.join('\n'), /ended with exit code 0 before it listened[^]*WAYLAY_DEVELOPER_REFUSED/)
})

test('an app that never listens is given up in the end', async t => {
  const { start } = await startCase(t)
  const run = await start(['--start-timeout', '1s'], 'setInterval(() => {}, 1000)')
  t.is(await run.exitCode, 126)
  t.regex(run.stderr.join('\n'), /Nothing listens on 127\.0\.0\.1:\d+ after 1 s/)
})

test('a port that somebody else listens on is not taken for the app', async t => {
  const { start, port, app } = await startCase(t)
  const other = createServer().listen(port, '127.0.0.1')
  await once(other, 'listening')
  const run = await start([], app.listens)
  t.is(await run.exitCode, 121)
  t.regex(run.stderr.join('\n'), /WAYLAY_PORT_IN_USE/)
  other.close()
})

test('the exit code of an app that ends later is the job\'s', async t => {
  const { start, app } = await startCase(t)
  const run = await start([], `${app.listens}; setTimeout(() => process.exit(5), 1500)`)
  t.is(await run.exitCode, 5)
})

test('tests run when it stands, and their end ends all', async t => {
  const { api, app, file, start } = await startCase(t)
  const failing = await start(['--no-url', '--test', 'exit 3'], app.listens)
  t.is(await failing.exitCode, 3)
  const zero = await start(['--no-url', '--test', `echo "$WAYLAY_HEADER" > ${file('header')}`, '--junit', file('junit.xml')], app.listens)
  t.is(await zero.exitCode, 124)
  t.regex(zero.stderr.join('\n'), /WAYLAY_NO_MATCH/)
  t.regex(await readFile(file('header'), 'utf8'), /^x-waylay-id: ci-[a-z2-7]{8}\n$/)
  t.true(existsSync(file('junit.xml')))
  const passing = await start(['--no-url', '--min-matches', '0', '--test', 'true'], app.listens)
  t.is(await passing.exitCode, 0)
  t.is(api.intercepts.size, 0)
})

test('tests that are stopped have not passed, an app that goes neither', async t => {
  const { app, file, start } = await startCase(t)
  const line = `touch ${file('tested')}; sleep 50`
  const stopped = await start(['--no-url', '--min-matches', '0', '--test', line], app.listens)
  await until(() => existsSync(file('tested')))
  stopped.interrupt()
  t.is(await stopped.exitCode, 130)
  // The app goes when the tests run, however long that takes here.
  const goes = `setInterval(() => { if (require('fs').existsSync(${JSON.stringify(file('going'))})) process.exit(0) }, 20)`
  const gone = await start(['--no-url', '--min-matches', '0', '--test', `touch ${file('going')}; sleep 50`], `${app.listens}; ${goes}`)
  t.is(await gone.exitCode, 126)
  t.regex(gone.stderr.join('\n'), /before the tests did/)
})

test('what is missing on the line is named', async t => {
  const { start } = await startCase(t)
  const run = await start(['--for', '1m', '--test', 'true'], '')
  t.is(await run.exitCode, 121)
  const file = path.join(await makeFolder(t), 'not-ours.json')
  await writeFile(file, '{}')
  const kubeconfig = await writeKubeconfig(t, 'http://127.0.0.1:9')
  const other = await startCli(t, ['--kubeconfig', kubeconfig, 'ci', 'test', '--ready-file', file, '--', 'true'])
  t.is(await other.exitCode, 121)
  t.regex(other.stderr.join('\n'), /was not written by "waylay ci run"/)
})

test('a folder in place of the file that says it stands is refused', async t => {
  const { api, app, file, start } = await startCase(t)
  const run = await start(['--ready-file', file('.')], app.listens)
  t.is(await run.exitCode, 121)
  t.regex(run.stderr.join('\n'), /Cannot write --ready-file/)
  t.is(api.intercepts.size, 0)
})

test('the label of a job is fit for a header, whatever its id is', t => {
  t.is(jobLabel({}), 'ci')
  t.is(jobLabel({ GITHUB_RUN_ID: '123', CI_JOB_ID: '9' }), 'ci-123')
  t.is(jobLabel({ CI_JOB_ID: '', BUILD_NUMBER: '/7 Ä;x\n' }), 'ci-7-x')
  t.true(jobLabel({ CI_JOB_ID: 'a'.repeat(500) }).length < 40)
})
