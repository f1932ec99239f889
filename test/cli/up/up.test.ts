import { mkdtemp, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { startFakeApiServer } from '../helpers/fake-api-server.ts'
import { fitsSchema } from '../helpers/fits-schema.ts'
import { writeKubeconfig } from '../helpers/kubeconfig.ts'
import { runToEnd, startCli } from '../helpers/run-cli.ts'
import { until as untilSoon } from '../helpers/until.ts'

// Programs start slowly while other tests run.
const until = async (isTrue: () => boolean): Promise<void> => { await untilSoon(isTrue, 30_000) }

const NODE = JSON.stringify(process.execPath)

/** A program of the file, as YAML: `code` is run by this Node. */
const node = (code: string): string => `[${NODE}, -e, ${JSON.stringify(code)}]`
const WAITS = 'console.log("here"); setInterval(() => {}, 1000)'

async function startCase (t: ExecutionContext, yaml: string) {
  const api = await startFakeApiServer(t)
  api.addPod('payments-1')
  // What a process calls its folder: on macOS the temporary folder is behind a link.
  const dir = await realpath(await mkdtemp(path.join(tmpdir(), 'waylay-up-')))
  t.teardown(async () => { await rm(dir, { recursive: true }) })
  const file = path.join(dir, 'waylay.yaml')
  await writeFile(file, yaml)
  const args = ['--kubeconfig', await writeKubeconfig(t, api.url)]
  const env = { PATH: process.env['PATH'] }
  return {
    api,
    dir,
    up: async (...more: string[]) => await startCli(t, [...args, 'up', '--file', file, ...more], env),
    down: async (...more: string[]) => await runToEnd(t, [...args, 'down', '--file', file, ...more], env)
  }
}

const TWO = `
intercepts:
  web:
    workload: payments
    port: 3000
    id: maria-web-3fk27d4a
    run: ${node(`${WAITS}; console.error(process.env.WAYLAY_WORKLOAD, process.env.NAME, process.cwd())`)}
    env: { NAME: x }
  api:
    workload: payments
    port: 3001
    id: maria-api-3fk27d4a
    run: ${node(WAITS)}
`

test('all intercepts stand in one process and their programs speak behind their names', async t => {
  const { api, dir, up } = await startCase(t, TWO)

  const run = await up()
  await until(() => run.stdout.length >= 3)

  t.is(api.intercepts.size, 2)
  t.is(api.pods.get('payments-1')?.sessions.length, 1, 'one session for both')
  t.deepEqual([...run.stdout].sort(), ['api | here', `web | deployment/payments x ${dir}`, 'web | here'])
  run.interrupt()
  t.is(await run.exitCode, 0)
  t.is(api.intercepts.size, 0)
})

test('only those that are named are started', async t => {
  const { api, up } = await startCase(t, TWO)

  const run = await up('api')
  await until(() => run.stdout.includes('api | here'))

  t.is(api.intercepts.size, 1)
  run.interrupt()
  await run.exitCode
})

test('where one cannot stand nothing of the others is left', async t => {
  const { api, up } = await startCase(t, `${TWO}  bad: { workload: orders, port: 3002 }\n`)

  const run = await up()

  t.is(await run.exitCode, 5)
  t.is(api.intercepts.size, 0)
  t.deepEqual(run.stdout, [], 'no program was started')
})

test('a program that cannot start ends the others too', async t => {
  const { api, up } = await startCase(t, `${TWO}  bad: { workload: payments, port: 3002, id: maria-bad-3fk27d4a, run: [/nonexistent/program] }\n`)

  const run = await up()

  t.is(await run.exitCode, 2)
  t.regex(run.stderr.join('\n'), /Cannot start "\/nonexistent\/program"/)
  t.is(api.intercepts.size, 0)
})

test('a program that ends takes its intercept along, and its exit code is kept', async t => {
  const { api, up } = await startCase(t, `
intercepts:
  short: { workload: payments, port: 3000, id: maria-short-3fk27, run: ${node('process.exitCode = 9')} }
  long: { workload: payments, port: 3001, id: maria-long-3fk27d, run: ${node(WAITS)} }
`)

  const run = await up()
  await until(() => run.stderr.includes('short: its program ended with 9.') && api.intercepts.size === 1)
  const [left] = api.intercepts.values()
  t.is(left?.spec.match.headers[0]?.value, 'maria-long-3fk27d')
  api.deleteIntercept(left?.metadata.name ?? '')

  t.is(await run.exitCode, 9, 'the first failure counts')
})

test('each event as JSON fits the schema, lines of programs included', async t => {
  const { up } = await startCase(t, TWO)

  const run = await up('--output', 'json')
  await until(() => run.stdout.filter(line => line.includes('"output"')).length >= 3)
  run.interrupt()
  await run.exitCode

  const outputs = run.stdout.filter(line => line.includes('"output"'))
  t.like(fitsSchema(t, outputs[0] ?? '', 'up'), { event: 'output' })
})

test('down deletes what up has made, and nothing of others', async t => {
  const { api, up, down } = await startCase(t, TWO)
  const run = await up()
  await until(() => run.stdout.length >= 3)
  const [foreign] = api.intercepts.values()
  if (foreign === undefined) throw new Error('nothing stands')
  api.store.objects.set('theirs', { ...foreign, metadata: { ...foreign.metadata, name: 'theirs' }, spec: { ...foreign.spec, owner: 'jon' } })

  const { exitCode, stdout } = await down()

  t.is(exitCode, 0)
  t.regex(stdout, /^Ended web: deployment\/payments port 8080, x-waylay-id=maria-web-3fk27d4a\nEnded api: /)
  t.deepEqual([...api.intercepts.keys()], ['theirs'])
  t.is(await run.exitCode, 6, 'up ends too')
  t.regex((await down()).stderr, /None of these intercepts is there/)
})

test('a file that is missing or a name that is not in it is refused', async t => {
  const { up } = await startCase(t, TWO)

  const run = await up('wep')

  t.is(await run.exitCode, 2)
  t.regex(run.stderr.join('\n'), /The file has no intercept "wep"\n.*web, api/)
  t.regex((await runToEnd(t, ['up', '--file', '/nonexistent/waylay.yaml'])).stderr, /^There is no file/)
})
