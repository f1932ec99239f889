import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import test, { type ExecutionContext } from 'ava'
import { encodeStreamHead } from '../../../tunnel/stream-head.ts'
import { startFakeApiServer } from '../helpers/fake-api-server.ts'
import { fitsSchema } from '../helpers/fits-schema.ts'
import { writeKubeconfig } from '../helpers/kubeconfig.ts'
import { startCli, type CliRun } from '../helpers/run-cli.ts'
import { until } from '../helpers/until.ts'

const LONG_MS = 50_000
const BASE = ['intercept', 'payments', '--id', 'maria-3fk27d4a', '--port'] as const
const ONE = [...BASE, '3000:8080'] as const
const TWO = [...ONE, '--port', '3001:9090'] as const

async function startCase (t: ExecutionContext, pods: readonly string[] = ['payments-1']) {
  t.timeout(180_000)
  const api = await startFakeApiServer(t)
  api.ports = [{ port: 8080, name: 'http', redirect: 'always' }, { port: 9090, name: 'admin', redirect: 'always' }]
  for (const pod of pods) api.addPod(pod)
  const kubeconfig = await writeKubeconfig(t, api.url)
  const start = async (...args: string[]): Promise<CliRun> => {
    const run = await startCli(t, ['--kubeconfig', kubeconfig, ...args], { PATH: process.env['PATH'] })
    // One that fails must not keep the others waiting.
    t.teardown(() => { run.interrupt() })
    return run
  }
  return { api, start }
}

async function untilReady (run: CliRun): Promise<void> {
  await until(() => run.stderr.some(line => line.includes('Press Ctrl-C')), LONG_MS)
}

async function stop (run: CliRun): Promise<number> {
  run.interrupt()
  return await run.exitCode
}

async function startProgram (t: ExecutionContext, answer: string): Promise<number> {
  const program = createServer(socket => { socket.on('error', () => {}).end(answer) })
  program.listen(0, '127.0.0.1')
  await once(program, 'listening')
  t.teardown(() => { program.close() })
  return (program.address() as AddressInfo).port
}

test('two ports are two intercepts over one session to each pod', async t => {
  const { api, start } = await startCase(t, ['payments-1', 'payments-2'])
  const [web, admin] = [await startProgram(t, 'from web'), await startProgram(t, 'from admin')]
  const run = await start(...BASE, `${web}:8080`, '--port', `${admin}:9090`, '--output', 'json')
  await untilReady(run)

  t.is(api.intercepts.size, 2)
  t.is(new Set([...api.intercepts.values()].map(({ spec }) => spec.sessionKey)).size, 1, 'one key pair')
  for (const pod of api.pods.values()) {
    t.is(pod.sessions.length, 1)
    t.is(pod.intercepts.size, 2)
  }
  for (const [name, { spec: { port } }] of api.intercepts) {
    const stream = api.pods.get('payments-1')?.sessions[0]?.openStream()
    stream?.end(encodeStreamHead({ intercept: name, port, protocol: 'tcp', caller: { address: '10.0.0.1', port: 1 } }))
    t.true((stream === undefined ? '' : await text(stream)).endsWith(port === 8080 ? 'from web' : 'from admin'))
  }
  t.is(await stop(run), 0)
  t.is(api.intercepts.size, 0)
})

test('a conflict on one port makes none of them', async t => {
  const { api, start } = await startCase(t)
  const first = await start(...BASE, '3000:9090')
  await untilReady(first)

  const second = await start(...TWO)

  t.is(await second.exitCode, 6)
  t.deepEqual([...api.intercepts.values()].map(({ spec }) => spec.port), [9090])
  t.is(await stop(first), 0)
})

test('two ports that lead to one are refused before anything is made', async t => {
  const { api, start } = await startCase(t)

  const run = await start(...ONE, '--port', '3001:http')

  t.is(await run.exitCode, 2)
  t.false(api.requests.some(line => line.startsWith('POST')))
})

test('--take-over ends the other command, which names its successor', async t => {
  const { api, start } = await startCase(t)
  const first = await start(...ONE)
  await untilReady(first)
  api.store.user = 'jon'

  const second = await start(...ONE, '--take-over')
  await untilReady(second)

  t.is(await first.exitCode, 6)
  t.regex(first.stderr.join('\n'), /port 8080 was taken over by jon on marias-laptop/)
  t.is(api.intercepts.size, 1)
  t.is([...api.intercepts.values()][0]?.spec.owner, 'jon')
  t.is(await stop(second), 0)
  t.is(api.intercepts.size, 0)
})

test('an intercept that nobody renewed for 15 seconds is taken without asking', async t => {
  const { api, start } = await startCase(t)
  const first = await start(...ONE)
  await untilReady(first)
  const [name = ''] = [...api.intercepts.keys()]
  api.instead.set(`PATCH /apis/waylay.dev/v1alpha1/namespaces/shop/intercepts/${name}`, { status: 503, body: {} })
  api.store.age(name, 20_000)
  api.store.user = 'jon'

  const second = await start(...ONE)
  await untilReady(second)

  t.is([...api.intercepts.values()][0]?.spec.owner, 'jon')
  t.is(await first.exitCode, 6)
  api.instead.clear()
  t.is(await stop(second), 0)
})

test('the status tells who holds it, how many pods and requests', async t => {
  const { api, start } = await startCase(t, ['payments-1', 'payments-2'])
  const run = await start(...ONE)
  await untilReady(run)
  const statusOf = () => [...api.intercepts.values()][0]?.status

  await until(() => statusOf()?.pods === 2, LONG_MS)
  t.like(statusOf(), { pods: 2, requests: 0, host: 'marias-laptop' })
  t.true(Math.abs(Date.parse(statusOf()?.renewTime ?? '') - Date.now()) < 5000)
  api.pods.get('payments-1')?.report('GET', '/charge', 201)
  await until(() => statusOf()?.requests === 1, LONG_MS)

  t.is(await stop(run), 0)
})

test('every line for programs fits the schema', async t => {
  const { api, start } = await startCase(t, ['payments-1', 'payments-2'])
  const run = await start(...TWO, '--output', 'json')
  await untilReady(run)
  api.pods.get('payments-1')?.report('GET', '/charge', 201)
  api.removePod('payments-2')
  await until(() => run.stdout.some(line => line.includes('"event":"pods"')), LONG_MS)
  await until(() => run.stdout.some(line => line.includes('"event":"request"')), LONG_MS)
  t.is(await stop(run), 0)

  const lines = run.stdout.map(line => fitsSchema(t, line, 'intercept') as { readonly event: string })
  t.deepEqual([...new Set(lines.map(({ event }) => event))].sort(), ['ended', 'note', 'pods', 'ready', 'request'])
  t.like(lines.at(-1), { event: 'ended', reason: 'stopped' })
})

test('--for ends it by itself with exit code 0', async t => {
  const { api, start } = await startCase(t)

  const run = await start(...ONE, '--for', '1s')

  t.is(await run.exitCode, 0)
  t.is(api.intercepts.size, 0)
})

test('--wait-for-first-match ends after the first answer', async t => {
  const { api, start } = await startCase(t)
  const run = await start(...ONE, '--wait-for-first-match')
  await untilReady(run)

  api.pods.get('payments-1')?.report('GET', '/charge', 200)

  t.is(await run.exitCode, 0)
  t.is(api.intercepts.size, 0)
})

test('a match that does not come is a failure with its own code', async t => {
  const { start } = await startCase(t)

  const run = await start(...ONE, '--wait-for-first-match', '--for', '500ms')

  t.is(await run.exitCode, 5)
  t.regex(run.stderr.join('\n'), /Code: {2}WAYLAY_NO_MATCH/)
})

test('--run hands a line to the shell and ends with its exit code', async t => {
  const { api, start } = await startCase(t)

  const run = await start(...TWO, '--run', 'test "$WAYLAY_NAMESPACE/$WAYLAY_WORKLOAD" = shop/deployment/payments && exit 42')

  t.is(await run.exitCode, 42)
  t.is(api.intercepts.size, 0)
})

test('a failure of ours beside a program has an exit code above 119', async t => {
  const { api, start } = await startCase(t)
  const run = await start(...ONE, '--run', 'sleep 60')
  await untilReady(run)

  api.deleteIntercept([...api.intercepts.keys()][0] ?? '')

  t.is(await run.exitCode, 125)
})

test('--run beside "--" and an empty line are refused', async t => {
  const { start } = await startCase(t)

  const both = await start(...ONE, '--run', 'a', '--', 'b')
  const empty = await start(...ONE, '--run', ' ')

  t.is(await both.exitCode, 121)
  t.is(await empty.exitCode, 121)
})

test('a pod that comes back under its name gets a session of its own', async t => {
  const { api, start } = await startCase(t)
  const run = await start(...ONE)
  await untilReady(run)

  api.removePod('payments-1')
  const second = api.addPod('payments-1', 'another-uid')
  await until(() => second.intercepts.size === 1, LONG_MS)

  t.is(second.sessions.length, 1)
  t.is(await stop(run), 0)
})

test('a workload that is gone is spoken of, and its new pods are covered', async t => {
  const { api, start } = await startCase(t)
  const run = await start(...ONE)
  await untilReady(run)
  api.instead.set('GET /apis/apps/v1/namespaces/shop/deployments/payments', { status: 404, body: { details: { name: 'payments' } } })

  api.removePod('payments-1')
  await until(() => run.stderr.some(line => line.startsWith('deployment/payments is gone. The intercept stays')), LONG_MS)
  api.instead.clear()
  await until(() => run.stderr.includes('deployment/payments is there again.'), LONG_MS)
  const pod = api.addPod('payments-2')
  await until(() => pod.intercepts.size === 1, LONG_MS)

  t.is(await stop(run), 0)
})

test('a carrier that is lost for long is announced, and its return', async t => {
  const { api, start } = await startCase(t)
  const run = await start(...ONE, '--output', 'json')
  await untilReady(run)
  const isTold = (state: string): boolean =>
    run.stdout.some(line => line.startsWith(`{"event":"carrier","pod":"payments-1","state":"${state}"`))
  const path = 'GET /api/v1/namespaces/shop/pods/payments-1/portforward'
  api.instead.set(path, { status: 503, body: { message: 'not now' } })

  api.cutCarriers()
  await until(() => isTold('lost') && run.stderr.includes('Diverting on 0 of 1 pod.'), LONG_MS)
  api.instead.clear()
  await until(() => isTold('resumed') && run.stderr.includes('Diverting on 1 of 1 pod.'), LONG_MS)

  await until(() => run.stderr.some(line => /^Connection to pod payments-1 is back after \d+ s\.$/.test(line)), LONG_MS)
  t.true(run.stderr.includes('Connection to pod payments-1 lost; trying again.'))
  t.is(api.pods.get('payments-1')?.sessions.length, 1, 'the session outlived its carrier')
  t.is(await stop(run), 0)
})

test.serial('a carrier that is replaced at once is not spoken of', async t => {
  const { api, start } = await startCase(t)
  const run = await start(...ONE, '--output', 'json')
  await untilReady(run)
  const count = (): number => api.requests.filter(line => line.includes('/portforward')).length
  const before = count()

  api.cutCarriers()
  await until(() => count() > before, LONG_MS)
  api.pods.get('payments-1')?.report('GET', '/after', 200)
  await until(() => run.stdout.some(line => line.includes('/after')), LONG_MS)

  t.false(run.stdout.some(line => line.includes('"carrier"')))
  t.is(await stop(run), 0)
})

test('--host-header goes to every pod with the ticket', async t => {
  const { api, start } = await startCase(t)
  const run = await start(...ONE, '--host-header', 'localhost:3000')
  await untilReady(run)

  t.is(api.pods.get('payments-1')?.hostHeader, 'localhost:3000')
  t.is(await stop(run), 0)
})

test('a Host that would begin another header line is refused', async t => {
  const { start } = await startCase(t)

  const run = await start(...ONE, '--host-header', 'a\r\nx-evil: 1')

  t.is(await run.exitCode, 2)
})
