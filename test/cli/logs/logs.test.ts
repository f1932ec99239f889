import type { ServerResponse } from 'node:http'
import test, { type ExecutionContext } from 'ava'
import { fitsSchema } from '../helpers/fits-schema.ts'
import { writeKubeconfig } from '../helpers/kubeconfig.ts'
import { aPlainPod, aPod, DEPLOYMENT } from '../helpers/pods.ts'
import { runToEnd, startCli } from '../helpers/run-cli.ts'
import { listOf, refuse, startScriptedApi, type Script } from '../helpers/scripted-api.ts'
import { until } from '../helpers/until.ts'

const PODS = 'GET /api/v1/namespaces/shop/pods'
const logOf = (pod: string): string => `${PODS}/${pod}/log`
const entry = (msg: string): string => JSON.stringify({ level: 'info', event: 'x', msg })
const at = (second: number, text: string): string => `2026-01-01T00:00:0${second}.000000000Z ${text}\n`

async function startCase (t: ExecutionContext, scripts: Readonly<Record<string, Script>>) {
  const api = await startScriptedApi(t, {
    'GET /apis/apps/v1/namespaces/shop/deployments/payments': DEPLOYMENT,
    [PODS]: listOf(aPod('payments-1'), aPlainPod('payments-2')),
    ...scripts
  })
  const args = ['--kubeconfig', await writeKubeconfig(t, api.url), 'logs', 'payments']
  return {
    api,
    run: async (...more: string[]) => await runToEnd(t, [...args, ...more]),
    start: async (...more: string[]) => await startCli(t, [...args, ...more])
  }
}

test('each line stands behind its pod, the words of waylay-init first', async t => {
  const { api, run } = await startCase(t, { [logOf('payments-1')]: at(1, entry('one')) + at(2, 'plain \u001b[2J') })

  const { exitCode, stdout } = await run('--since', '10m', '--tail', '5')

  t.is(exitCode, 0)
  t.is(stdout, [
    '[payments-1/waylay-init] redirects 8080 with iptables-nft',
    `[payments-1/waylay-proxy] ${entry('one')}`,
    '[payments-1/waylay-proxy] plain \\x1b[2J'
  ].join('\n'))
  const asked = api.requests.filter(line => line.includes('/log?'))
  t.deepEqual(asked, [`${logOf('payments-1')}?container=waylay-proxy&timestamps=true&sinceSeconds=600&tailLines=5`])
})

test('each line as JSON fits the schema and holds our own entry', async t => {
  const { run } = await startCase(t, { [logOf('payments-1')]: at(1, entry('one')) + at(2, 'plain') })

  const lines = (await run('--output', 'json')).stdout.split('\n').map(line => fitsSchema(t, line, 'logs'))

  t.like(lines, [
    { pod: 'payments-1', container: 'waylay-init', time: '2026-01-01T00:00:00Z', entry: null },
    { container: 'waylay-proxy', time: '2026-01-01T00:00:01.000000000Z', entry: { msg: 'one' } },
    { text: 'plain', entry: null }
  ])
})

test('a right that is missing is named with its verb and resource', async t => {
  const { run } = await startCase(t, {
    [logOf('payments-1')]: (_request, response) => { refuse(response, 403, 'pods "payments-1" is forbidden: User "maria" cannot get resource') }
  })

  const { exitCode, stderr } = await run()

  t.is(exitCode, 3)
  t.regex(stderr, /^You may not get pods\/log "payments-1" in namespace "shop"\n.*Ask an administrator to run: .* --clusterrole=waylay-developer /)
})

test('a pod that has not begun is said and the others are shown', async t => {
  const waiting = { waiting: { reason: 'ImagePullBackOff', message: 'Back-off pulling image' } }
  const { run } = await startCase(t, {
    [PODS]: listOf(aPod('payments-0', { proxy: waiting }), aPod('payments-1')),
    [logOf('payments-0')]: (_request, response) => { refuse(response, 400, 'container "waylay-proxy" is waiting to start') },
    [logOf('payments-1')]: at(1, 'here')
  })

  const { exitCode, stdout, stderr } = await run()

  t.is(exitCode, 0)
  t.regex(stdout, /\[payments-1\/waylay-proxy\] here$/)
  t.regex(stderr, /Pod payments-0 has no logs: ImagePullBackOff, Back-off pulling image/)
})

test('a workload without waylay is an error with the way in', async t => {
  const { run } = await startCase(t, { [PODS]: listOf(aPlainPod('payments-2')) })

  const { exitCode, stderr } = await run()

  t.is(exitCode, 5)
  t.regex(stderr, /waylay\.dev\/inject=enabled/)
})

test('following goes on after a cut, without a line twice, and takes in new pods', async t => {
  let watch: ServerResponse | undefined
  const opened: string[] = []
  const { start } = await startCase(t, {
    [PODS]: (_request, response, url) => {
      if (!url.searchParams.has('watch')) response.end(JSON.stringify(listOf(aPod('payments-1'))))
      else watch = response.writeHead(200)
      watch?.flushHeaders()
    },
    [logOf('payments-1')]: (_request, response, url) => {
      opened.push(url.searchParams.get('sinceTime') ?? 'first')
      // The first answer is cut after two lines; the second begins with the last of them.
      if (opened.length === 1) response.end(at(1, 'one') + at(2, 'two'))
      else response.write(at(2, 'two') + at(3, 'three'))
    },
    [logOf('payments-2')]: (_request, response) => { response.write(at(4, 'four')) }
  })

  const run = await start('--follow')
  await until(() => run.stdout.some(line => line.endsWith('three')))
  watch?.write(`${JSON.stringify({ type: 'ADDED', object: aPod('payments-2') })}\n`)
  await until(() => run.stdout.some(line => line.endsWith('four')))
  run.interrupt()

  t.is(await run.exitCode, 0)
  t.deepEqual(opened, ['first', '2026-01-01T00:00:02.000000000Z'])
  t.deepEqual(run.stdout.filter(line => line.includes('payments-1/waylay-proxy')).map(line => line.split(' ')[1]), ['one', 'two', 'three'])
})

test('following without the right ends with its name', async t => {
  const { run } = await startCase(t, {
    [logOf('payments-1')]: (_request, response) => { refuse(response, 403, 'pods is forbidden: User "maria" cannot get resource "pods/log"') }
  })

  t.is((await run('--follow')).exitCode, 3)
})

test('a number of lines or a duration that is none is refused', async t => {
  t.regex((await runToEnd(t, ['logs', 'payments', '--tail', '-1'])).stderr, /Expected a number of lines, got "-1"/)
  t.regex((await runToEnd(t, ['logs', 'payments', '--since', 'today'])).stderr, /^Cannot read --since today/)
})
