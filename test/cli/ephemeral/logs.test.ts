import type { ServerResponse } from 'node:http'
import test, { type ExecutionContext } from 'ava'
import { newEnvironment } from '../../../environments/object.ts'
import { fitsSchema } from '../helpers/fits-schema.ts'
import { writeKubeconfig } from '../helpers/kubeconfig.ts'
import { runToEnd, startCli } from '../helpers/run-cli.ts'
import { listOf, refuse, startScriptedApi, type Script } from '../helpers/scripted-api.ts'
import { until } from '../helpers/until.ts'

const PODS = 'GET /api/v1/namespaces/shop/pods'
const at = (second: number, text: string): string => `2026-01-01T00:00:0${second}.000000000Z ${text}\n`
const RUNNING = { running: { startedAt: '2026-01-01T00:00:00Z' } }
const CRASHED = { terminated: { exitCode: 3, finishedAt: '2026-01-01T00:00:01Z' } }

const ENVIRONMENT = newEnvironment('shop', 'pr-1', {
  header: 'x-waylay-id',
  value: 'pr-1-3fk27d4a',
  workloads: [
    { workload: 'deployment/payments', copy: 'payments-pr-1', ports: [8080], images: {} },
    { workload: 'deployment/orders', copy: 'orders-pr-1', ports: [8080], images: {} }
  ],
  expiresAt: '2027-01-01T00:00:00Z'
})

/** With an init container that has ended. @param statuses of `app` and `worker`. */
function aCopy (name: string, ...statuses: readonly object[]) {
  const containers = ['app', 'worker'].slice(0, statuses.length)
  return {
    metadata: { name, namespace: 'shop', uid: name, resourceVersion: '2' },
    spec: { initContainers: [{ name: 'migrate' }], containers: containers.map(container => ({ name: container })) },
    status: {
      initContainerStatuses: [{ name: 'migrate', state: { terminated: { exitCode: 0 } } }],
      containerStatuses: statuses.map((status, index) => ({ name: containers[index], ...status }))
    }
  }
}

/** Lines by pod, container and instance. */
const linesOf = (lines: Readonly<Record<string, string>>): Script => (_request, response, url) => {
  const key = `${url.searchParams.get('container') ?? ''}${url.searchParams.has('previous') ? ' before' : ''}`
  response.end(lines[key] ?? '')
}

async function open (t: ExecutionContext, scripts: Readonly<Record<string, Script>>) {
  const api = await startScriptedApi(t, { 'GET /apis/waylay.dev/v1alpha1/namespaces/shop/environments/pr-1': ENVIRONMENT, ...scripts })
  const args = ['env', 'logs', 'pr-1', '--kubeconfig', await writeKubeconfig(t, api.url)]
  return {
    api,
    run: async (...more: string[]) => await runToEnd(t, [...args, ...more]),
    start: async (...more: string[]) => await startCli(t, [...args, ...more])
  }
}

test('every container of the copies stands with its pod before its lines', async t => {
  const { api, run } = await open(t, {
    [PODS]: listOf(aCopy('a', { state: RUNNING }, { state: RUNNING })),
    [`${PODS}/a/log`]: linesOf({ migrate: at(1, 'done'), app: at(2, 'up \u001b[2J'), worker: at(3, '{"level":"info"}') })
  })

  const { stdout, exitCode } = await run('--tail', '5', '--since', '10m')
  t.is(exitCode, 0)
  t.is(stdout, '[a/migrate] done\n[a/app] up \\x1b[2J\n[a/worker] {"level":"info"}')
  t.true(api.requests.some(line => decodeURIComponent(line) ===
    `${PODS}?labelSelector=waylay.dev/environment=pr-1,waylay.dev/environment-part=copy`))
  t.true(api.requests.includes(`${PODS}/a/log?container=app&timestamps=true&sinceSeconds=600&tailLines=5`))

  const json = (await run('--output', 'json')).stdout.split('\n').map(line => fitsSchema(t, line, 'env-logs'))
  t.like(json[2], { pod: 'a', container: 'worker', entry: { level: 'info' } })
})

test('what a crashed instance said comes before the lines of the next', async t => {
  const { run } = await open(t, {
    [PODS]: listOf(aCopy('a', { state: RUNNING, lastState: CRASHED })),
    [`${PODS}/a/log`]: linesOf({ 'app before': at(1, 'no database'), app: at(2, 'up') })
  })

  const { stdout, stderr } = await run()
  t.is(stdout, '[a/app] no database\n[a/app] up')
  t.regex(stderr, /a\/app ended with code 3 at 2026-01-01T00:00:01Z, and was started again/)
})

test('a container that waits to be started again shows its last lines once', async t => {
  const waiting = { state: { waiting: { reason: 'CrashLoopBackOff' } }, lastState: CRASHED }
  const { run } = await open(t, {
    [PODS]: listOf(aCopy('a', waiting)), [`${PODS}/a/log`]: linesOf({ 'app before': at(1, 'no database'), app: at(1, 'no database') })
  })

  t.is((await run()).stdout, '[a/app] no database')
})

test('a container that has not begun is noted with what it waits for', async t => {
  const { run } = await open(t, {
    [PODS]: listOf(aCopy('a', { state: { waiting: { reason: 'ImagePullBackOff', message: 'no such image' } } })), [`${PODS}/a/log`]: ''
  })

  const { stderr, exitCode } = await run()
  t.is(exitCode, 0)
  t.regex(stderr, /a\/app has not begun: ImagePullBackOff, no such image/)
})

test('the copy of one workload is chosen by its original, the companion by a flag', async t => {
  const { api, run } = await open(t, { [PODS]: listOf(aCopy('a', { state: RUNNING })), [`${PODS}/a/log`]: '' })
  const asked = (): string => decodeURIComponent(api.requests.findLast(line => line.startsWith(`${PODS}?`)) ?? '').replaceAll('+', ' ')

  await run('--workload', 'orders')
  t.regex(asked(), /part=copy,waylay\.dev\/copy in \(orders-pr-1\)$/)
  await run('--companion')
  t.regex(asked(), /part=companion$/)
  t.like(await run('--workload', 'carts'), { exitCode: 5 })
  t.like(await run('--workload', 'orders', '--companion'), { exitCode: 2 })
})

test('without pods, or without the right to logs, it says so', async t => {
  const none = await open(t, { [PODS]: listOf() })
  const forbidden = await open(t, {
    [PODS]: listOf(aCopy('a', { state: RUNNING })),
    [`${PODS}/a/log`]: (_request, response) => { refuse(response, 403, 'pods "a" is forbidden: User "maria" cannot get resource') }
  })

  t.like(await none.run(), { exitCode: 5 })
  const { exitCode, stderr } = await forbidden.run()
  t.is(exitCode, 3)
  t.regex(stderr, /You may not get pods\/log "a"/)
})

test('following goes on over a restart and with pods that come later', async t => {
  const answers = [at(1, 'one'), at(1, 'one') + at(2, 'two')]
  let watch: ServerResponse | undefined
  const { api, start } = await open(t, {
    [PODS]: (_request, response, url) => {
      if (!url.searchParams.has('watch')) return response.end(JSON.stringify(listOf(aCopy('a', { state: RUNNING }))))
      response.flushHeaders()
      watch = response
    },
    [`${PODS}/a/log`]: (_request, response, url) => {
      if (url.searchParams.get('container') !== 'app') return response.end()
      const answer = answers.shift()
      if (answer === undefined) response.flushHeaders()
      else response.end(answer)
    },
    [`${PODS}/b/log`]: (_request, response, url) => {
      response.flushHeaders()
      if (url.searchParams.get('container') === 'app') response.write(at(3, 'new'))
    }
  })
  const run = await start('--follow')
  await until(() => run.stdout.includes('[a/app] two') && watch !== undefined)
  watch?.write(`${JSON.stringify({ type: 'ADDED', object: aCopy('b', { state: RUNNING }) })}\n`)
  await until(() => run.stdout.includes('[b/app] new'))
  run.interrupt()

  t.is(await run.exitCode, 0)
  t.deepEqual(run.stdout, ['[a/app] one', '[a/app] two', '[b/app] new'])
  t.true(api.requests.some(line => line.includes('/a/log?container=app') && line.includes('sinceTime=')))
})
