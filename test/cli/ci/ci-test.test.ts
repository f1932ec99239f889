import { existsSync, readFileSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { interceptName } from '../../../intercepts/name.ts'
import { newIntercept, type InterceptStatus } from '../../../intercepts/object.ts'
import { startFakeApiServer, type FakeApiServer } from '../helpers/fake-api-server.ts'
import { fitsSchema } from '../helpers/fits-schema.ts'
import { writeKubeconfig } from '../helpers/kubeconfig.ts'
import { makeFolder } from '../helpers/open-cluster.ts'
import { startCli } from '../helpers/run-cli.ts'
import { until } from '../helpers/until.ts'

const VALUE = 'pr-123-x7f2k9qd'
const MATCH = { headers: [{ type: 'Exact', name: 'x-waylay-id', value: VALUE }] } as const
const NAME = interceptName('deployment/payments', 8080, MATCH)

/** A cluster with one intercept that somebody holds, and a test program that ends when it is told to. */
async function startCase (t: ExecutionContext) {
  const api = await startFakeApiServer(t)
  api.addPod('payments-1')
  api.store.create(newIntercept('shop', NAME, {
    workload: 'deployment/payments', port: 8080, match: MATCH, global: false, sessionKey: 'key'
  }), false)
  setRequests(api, 5)
  const kubeconfig = await writeKubeconfig(t, api.url)
  const folder = await makeFolder(t)
  const file = (name: string): string => path.join(folder, name)
  const script = (end: string): string => `
    const fs = require('fs')
    fs.writeFileSync(${JSON.stringify(file('env.json'))}, JSON.stringify(process.env))
    setTimeout(() => { process.exit(99) }, 60_000).unref()
    const timer = setInterval(() => {
      if (!fs.existsSync(${JSON.stringify(file('end'))})) return
      clearInterval(timer)
      ${end}
    }, 20)`
  const start = async (args: readonly string[], end = 'process.exitCode = 0', env: Record<string, string> = {}) => {
    const words = ['--kubeconfig', kubeconfig, 'ci', 'test', ...args, '--', process.execPath, '-e', script(end)]
    return await startCli(t, words, { PATH: process.env['PATH'], ...env })
  }
  return {
    api,
    file,
    start,
    started: async () => { await until(() => existsSync(file('env.json')) && readFileSync(file('env.json'), 'utf8').endsWith('}')) },
    end: async () => { await writeFile(file('end'), '') },
    variables: async () => JSON.parse(await readFile(file('env.json'), 'utf8')) as Record<string, string>
  }
}

/** As the holder writes. */
function setRequests (api: FakeApiServer, requests: number): void {
  const found = api.intercepts.get(NAME)
  const renewTime = new Date(Date.now() + 50).toISOString()
  const status: InterceptStatus = { requests, pods: 1, renewTime, fence: found?.spec.fence ?? 0 }
  api.store.answer('PATCH', NAME, true, [{ op: 'add', path: '/status', value: status }])
}

const BY_NAME = ['--intercept', NAME, '--no-url']

test('tests whose requests were diverted pass, and know their header', async t => {
  const { api, start, started, end, variables, file } = await startCase(t)
  const run = await start([...BY_NAME, '--summary', file('summary.json'), '--junit', file('junit.xml')], undefined,
    { GITHUB_STEP_SUMMARY: file('page.md'), WAYLAY_ENVIRONMENT: 'of-an-outer-one' })
  await started()
  setRequests(api, 8)
  await end()
  t.is(await run.exitCode, 0, run.stderr.join('\n'))
  const env = await variables()
  t.is(env['WAYLAY_HEADER'], `x-waylay-id: ${VALUE}`)
  t.is(env['WAYLAY_HEADER_NAME'], 'x-waylay-id')
  t.is(env['WAYLAY_HEADER_VALUE'], VALUE)
  t.is(env['WAYLAY_BAGGAGE'], `waylay-id=${VALUE}`)
  t.is(env['WAYLAY_URL'], undefined)
  t.is(env['WAYLAY_ENVIRONMENT'], undefined)
  t.regex(run.stderr.join('\n'), /deployment\/payments port 8080: 3 requests were diverted\n/)
  t.like(fitsSchema(t, await readFile(file('summary.json'), 'utf8'), 'ci-test'), { passed: true, requests: 3 })
  t.regex(await readFile(file('junit.xml'), 'utf8'), /failures="0"/)
  t.regex(await readFile(file('page.md'), 'utf8'), /\| deployment\/payments port 8080 \| 3 \| 0 \| ok \|/)
})

test('tests that pass without a diverted request fail with no match', async t => {
  const { api, start, started, end, file } = await startCase(t)
  const run = await start([...BY_NAME, '--junit', file('junit.xml')])
  await started()
  await end()
  const timer = setInterval(() => { setRequests(api, 5) }, 1000)
  t.is(await run.exitCode, 124)
  clearInterval(timer)
  const text = run.stderr.join('\n')
  t.regex(text, /WAYLAY_NO_MATCH/)
  t.regex(text, /all workloads: 0 of 1/)
  t.regex(text, /stands on 1 pod, and saw no request with the header/)
  t.regex(text, /docs\/propagation\.md[^]*waylay doctor/)
  t.regex(await readFile(file('junit.xml'), 'utf8'), /<failure type="WAYLAY_NO_MATCH"/)
})

test('with a minimum of zero nothing is asked for', async t => {
  const { start, started, end } = await startCase(t)
  const run = await start([...BY_NAME, '--min-matches', '0'])
  await started()
  await end()
  t.is(await run.exitCode, 0)
})

test('the exit code of tests that failed wins, and the count is told', async t => {
  const { start, started, end } = await startCase(t)
  const run = await start(BY_NAME, 'process.exitCode = 3')
  await started()
  await end()
  t.is(await run.exitCode, 3)
  t.regex(run.stderr.join('\n'), /0 requests were diverted/)
})

test('a report that cannot be written leaves failed tests their exit code', async t => {
  const { start, started, end, file } = await startCase(t)
  const failed = await start([...BY_NAME, '--junit', file('none/junit.xml')], 'process.exitCode = 3')
  await started()
  await end()
  t.is(await failed.exitCode, 3)
  t.regex(failed.stderr.join('\n'), /Cannot write --junit/)
  const passed = await start([...BY_NAME, '--min-matches', '0', '--summary', file('none/summary.json')])
  t.is(await passed.exitCode, 121)
})

test('a signal that ended the tests is told as shells count it', async t => {
  const { start, started, end } = await startCase(t)
  const run = await start(BY_NAME, 'process.kill(process.pid, "SIGKILL")')
  await started()
  await end()
  t.is(await run.exitCode, 137)
})

test('a signal to us reaches the tests, which end it', async t => {
  const { start, started } = await startCase(t)
  const run = await start(BY_NAME)
  await started()
  run.interrupt()
  t.is(await run.exitCode, 130)
})

test('tests that a signal stops have not passed, also where they say so', async t => {
  const { api, start, started, end, file } = await startCase(t)
  const run = await start([...BY_NAME, '--summary', file('summary.json')],
    `process.on('SIGINT', () => { process.exit(0) }); setInterval(() => {}, 1000); fs.writeFileSync(${JSON.stringify(file('ready'))}, '')`)
  await started()
  setRequests(api, 8)
  await end()
  await until(() => existsSync(file('ready')))
  run.interrupt()
  t.is(await run.exitCode, 130)
  t.like(JSON.parse(await readFile(file('summary.json'), 'utf8')), { passed: false, exitCode: 130 })
})

test('a holder that restarts in the middle takes nothing from the count', async t => {
  const { api, start, started, end } = await startCase(t)
  const run = await start([...BY_NAME, '--min-matches', '5'])
  await started()
  setRequests(api, 8)
  api.store.takeOver(NAME, 'maria', 'another-pod')
  setRequests(api, 2)
  await end()
  t.is(await run.exitCode, 0, run.stderr.join('\n'))
  t.regex(run.stderr.join('\n'), /5 requests were diverted, at least 5 asked for/)
})

test('a missing right is told before the tests begin', async t => {
  const { api, start, file } = await startCase(t)
  api.instead.set(`GET /apis/waylay.dev/v1alpha1/namespaces/shop/intercepts/${NAME}`,
    { status: 403, body: { message: 'you may not', reason: 'Forbidden', details: { kind: 'intercepts', group: 'waylay.dev' } } })
  const run = await start(BY_NAME)
  t.is(await run.exitCode, 122)
  t.regex(run.stderr.join('\n'), /WAYLAY_FORBIDDEN/)
  await t.throwsAsync(readFile(file('env.json')))
})

test('an intercept that nobody holds fails before the tests begin', async t => {
  const { api, start, file } = await startCase(t)
  api.store.age(NAME, 60_000)
  const run = await start(BY_NAME)
  t.is(await run.exitCode, 124)
  t.regex(run.stderr.join('\n'), /Nobody holds the intercept[^]*WAYLAY_INTERCEPT_UNKNOWN/)
  await t.throwsAsync(readFile(file('env.json')))
})

test('the header finds the intercepts, the preview adds it', async t => {
  const { api, start, started, end, variables } = await startCase(t)
  const run = await start(['--header', `x-waylay-id=${VALUE}`])
  await started()
  setRequests(api, 6)
  await end()
  t.is(await run.exitCode, 0, run.stderr.join('\n'))
  t.is((await variables())['WAYLAY_URL'], undefined, 'the fake cluster has no way to a pod')
  t.regex(run.stderr.join('\n'), /WAYLAY_URL is not set/)
})

test('what contradicts itself or is missing is refused at once', async t => {
  const { start } = await startCase(t)
  for (const args of [[], ['--intercept', 'a', '--environment', 'b'], ['--header', 'x=a*'], ['--min-matches', 'x', ...BY_NAME]]) {
    const run = await start(args)
    t.is(await run.exitCode, 121)
  }
  const without = await startCli(t, ['ci', 'test', '--environment', 'pr-1', 'true'])
  t.is(await without.exitCode, 121, 'a code below is one of the tests')
})

test('an environment has the intercepts that its name makes', async t => {
  const { api, start, started, end, variables } = await startCase(t)
  const spec = { header: 'x-waylay-id', value: VALUE, expiresAt: '', workloads: [{ workload: 'deployment/payments', copy: 'c', ports: [8080], images: {} }] }
  api.instead.set('GET /apis/waylay.dev/v1alpha1/namespaces/shop/environments/pr-123',
    { status: 200, body: { metadata: { name: 'pr-123', namespace: 'shop' }, spec } })
  const run = await start(['--no-url'], undefined, { WAYLAY_ENVIRONMENT: 'pr-123' })
  await started()
  setRequests(api, 6)
  await end()
  t.is(await run.exitCode, 0, run.stderr.join('\n'))
  t.is((await variables())['WAYLAY_ENVIRONMENT'], 'pr-123')
  const other = await start(['--environment', 'pr-9', '--no-url'])
  t.is(await other.exitCode, 124)
  t.regex(other.stderr.join('\n'), /WAYLAY_ENVIRONMENT_UNKNOWN/)
})
