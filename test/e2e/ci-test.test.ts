import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import test, { type ExecutionContext } from 'ava'
import { parse } from 'yaml'
import { makeFolder } from '../cli/helpers/open-cluster.ts'
import { envUp } from '../helpers/environments.ts'
import { freePort } from '../helpers/free-port.ts'
import { apply, eventually, kubectl, type Ran } from '../helpers/kube.ts'
import { makeNamespace } from '../helpers/namespace.ts'
import { startProgram } from '../helpers/program.ts'
import { startIntercept, waylay } from '../helpers/waylay.ts'
import { deployApp } from '../helpers/workload.ts'

// What a runner starts: its own shell, its own folder, no home and no kubeconfig.

const CLI = fileURLToPath(new URL('../../dist/waylay.js', import.meta.url))
/** Asks the app once, and is content with that answer alone. */
const asks = (who: string): string => `curl -sS --max-time 20 "$WAYLAY_URL/" | grep -q '"answeredBy":"${who}"'`

type Env = Readonly<Record<string, string>>
type Job = { readonly folder: string, readonly env: Env }

type Kubeconfig = {
  readonly clusters: readonly [{ readonly cluster: { readonly server: string, readonly 'certificate-authority-data': string } }]
  readonly users: readonly [{ readonly user: { readonly token: string } }]
}

/** A job that logs in with nothing but the token of an account bound to waylay-ci. */
async function startJob (t: ExecutionContext, namespace: string): Promise<Job> {
  const granted = await waylay(['grant', 'runner', '-n', namespace, '--ci', '--ttl', '10m'])
  if (granted.exitCode !== 0) throw new Error(granted.stderr)
  const { clusters: [{ cluster }], users: [{ user }] } = parse(granted.stdout) as Kubeconfig
  return {
    folder: await makeFolder(t),
    env: {
      PATH: process.env['PATH'] ?? '',
      WAYLAY_TOKEN: user.token,
      WAYLAY_SERVER: cluster.server,
      WAYLAY_CA: cluster['certificate-authority-data'],
      WAYLAY_NAMESPACE: namespace,
      CI_JOB_ID: '4711'
    }
  }
}

type Running = { readonly child: ChildProcess, readonly ended: Promise<Ran> }

function start (t: ExecutionContext, { folder, env }: Job, args: readonly string[]): Running {
  const child = spawn(process.execPath, [CLI, ...args], { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] })
  t.teardown(() => { child.kill('SIGKILL') })
  let [stdout, stderr] = ['', '']
  child.stdout.setEncoding('utf8').on('data', (piece: string) => { stdout += piece })
  child.stderr.setEncoding('utf8').on('data', (piece: string) => { stderr += piece })
  return { child, ended: once(child, 'close').then(([code]) => ({ stdout, stderr, exitCode: Number(code) })) }
}

const shell = (line: string): readonly string[] => ['--', 'sh', '-c', line]

/** The version of the app that runs in the job. */
function appOf (port: number): readonly string[] {
  return ['--', process.execPath, '-e', `
    const answer = JSON.stringify({ answeredBy: 'runner' })
    setTimeout(() => require('http').createServer((_, response) => response.end(answer)).listen(${port}, '127.0.0.1'), 500)`]
}

test('tests in a job pass or fail by what was diverted, with a token alone', async t => {
  const namespace = await makeNamespace(t)
  await deployApp(namespace, { replicas: 2 })
  const job = await startJob(t, namespace)
  const port = await freePort()
  const file = (name: string): string => join(job.folder, name)
  const app = start(t, job, ['ci', 'run', '--workload', 'app', '--port', String(port), '--ready-file', 'run.json', ...appOf(port)])
  const runTest = async (line: string, ...flags: readonly string[]): Promise<Ran> =>
    await start(t, job, ['ci', 'test', '--ready-file', 'run.json', ...flags, ...shell(line)]).ended

  const passed = await runTest(`${asks('runner')} && ${asks('runner')} && echo fine`, '--min-matches', 'app=2', '--junit', 'waylay.xml', '--summary', 'waylay.json')
  t.log(passed.stderr)
  t.is(passed.exitCode, 0, passed.stderr)
  t.is(passed.stdout, 'fine\n', 'the output is the tests\' own')
  t.regex(passed.stderr, /deployment\/app port 8080: 2 requests were diverted, at least 2 asked for/)
  t.regex(readFileSync(file('waylay.xml'), 'utf8'), /<testsuite name="waylay ci test"[^>]* failures="0"/)
  t.like(JSON.parse(readFileSync(file('waylay.json'), 'utf8')), { passed: true, requests: 2, exitCode: 0 })
  t.regex(passed.stderr, /x-waylay-id: ci-4711-[a-z2-7]{8}/)

  const [unmarked, failed, killed] = await Promise.all([
    runTest('true', '--no-url'), runTest('exit 3', '--no-url'), runTest('kill -KILL $$', '--no-url')
  ])
  t.log(unmarked.stderr)
  t.is(unmarked.exitCode, 124)
  t.regex(unmarked.stderr, /stands on 2 pods[^]*WAYLAY_NO_MATCH/)
  t.is(failed.exitCode, 3)
  t.is(killed.exitCode, 137)

  app.child.kill('SIGTERM')
  t.is((await app.ended).exitCode, 0)
  t.false(existsSync(file('run.json')))
  t.is((await kubectl(['-n', namespace, 'get', 'intercepts', '-o', 'name'])).trim(), '')
})

test('one command runs app and tests and has one exit code', async t => {
  const namespace = await makeNamespace(t)
  await deployApp(namespace)
  const job = await startJob(t, namespace)
  const run = async (line: string, port: number): Promise<Ran> =>
    await start(t, job, ['ci', 'run', '--workload', 'app', '--port', String(port), '--test', line, ...appOf(port)]).ended
  const startedMs = performance.now()
  const passed = await run(asks('runner'), await freePort())
  t.log(`app, intercept and tests took ${Math.round(performance.now() - startedMs)} ms\n${passed.stderr}`)
  t.is(passed.exitCode, 0, passed.stderr)
  t.is((await run('true', await freePort())).exitCode, 124)
})

test('a count is right over a holder that dies in the middle', async t => {
  const namespace = await makeNamespace(t)
  await deployApp(namespace)
  const [job, program] = [await startJob(t, namespace), await startProgram(t, 'holder')]
  const hold = ['app', '-n', namespace, '--port', String(program.port), '--id', 'pr-123-x7f2k9qd']
  const first = await startIntercept(t, hold)
  const line = `${asks('holder')}; touch one; until [ -e two ]; do sleep 0.1; done; ${asks('holder')}`
  const tests = start(t, job, ['ci', 'test', '--header', 'x-waylay-id=pr-123-x7f2k9qd', '--min-matches', '2', ...shell(line)])

  await eventually('the first request is answered', async () => existsSync(join(job.folder, 'one')) || undefined)
  const answeredMs = performance.now()
  await eventually('the cluster knows of it', async () =>
    await kubectl(['-n', namespace, 'get', 'intercepts', '-o', 'jsonpath={.items[*].status.requests}']) === '1' || undefined)
  t.log(`in the cluster's status after ${Math.round(performance.now() - answeredMs)} ms`)
  first.kill('SIGKILL')
  await startIntercept(t, [...hold, '--take-over'])
  writeFileSync(join(job.folder, 'two'), '')
  const ran = await tests.ended
  t.is(ran.exitCode, 0, ran.stderr)
  t.regex(ran.stderr, /2 requests were diverted, at least 2 asked for/)
})

test('a pod of the cluster tests an environment by its own identity', async t => {
  const namespace = await makeNamespace(t)
  await deployApp(namespace)
  const { header } = await envUp(namespace, 'pr-1', 'version 1')
  const outside = await waylay(['ci', 'test', '-n', namespace, '--environment', 'pr-1', ...shell(`${asks('version 1')} && echo "$WAYLAY_ENVIRONMENT"`)])
  t.is(outside.exitCode, 0, outside.stderr)
  t.is(outside.stdout, 'pr-1\n')

  const script = `fetch(process.env.WAYLAY_URL, { headers: { [process.env.WAYLAY_HEADER_NAME]: process.env.WAYLAY_HEADER_VALUE } })
    .then(answer => answer.text()).then(text => { console.log(process.env.WAYLAY_URL, text); process.exitCode = text.includes('version 1') ? 0 : 9 })`
  await kubectl(['-n', namespace, 'create', 'serviceaccount', 'runner'])
  await kubectl(['-n', namespace, 'create', 'rolebinding', 'runner', '--clusterrole=waylay-environments', `--serviceaccount=${namespace}:runner`])
  await apply({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'runner', namespace, labels: { 'waylay.dev/inject': 'disabled' } },
    spec: {
      restartPolicy: 'Never',
      serviceAccountName: 'runner',
      containers: [{ name: 'job', image: 'waylay/cli:0.1.0', args: ['ci', 'test', '--environment', 'pr-1', '--', 'node', '-e', script] }]
    }
  })
  const phase = await eventually('the job has ended', async () => {
    const now = await kubectl(['-n', namespace, 'get', 'pod', 'runner', '-o', 'jsonpath={.status.phase}'])
    return now === 'Succeeded' || now === 'Failed' ? now : undefined
  })
  const logs = await kubectl(['-n', namespace, 'logs', 'runner'])
  t.log(logs)
  t.is(phase, 'Succeeded')
  t.regex(logs, new RegExp(`http://app\\.${namespace}`))
  t.true(logs.includes(header.value))
})
