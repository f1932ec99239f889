import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import test, { type ExecutionContext } from 'ava'
import { encodeStreamHead } from '../../../tunnel/stream-head.ts'
import { startFakeApiServer } from '../helpers/fake-api-server.ts'
import { writeKubeconfig } from '../helpers/kubeconfig.ts'
import { startCli } from '../helpers/run-cli.ts'
import { until } from '../helpers/until.ts'

async function startCase (t: ExecutionContext, pods: readonly string[] = ['payments-1', 'payments-2']) {
  const api = await startFakeApiServer(t)
  for (const pod of pods) api.addPod(pod)
  const kubeconfig = await writeKubeconfig(t, api.url)
  const start = async (...args: string[]) =>
    await startCli(t, ['--kubeconfig', kubeconfig, ...args], { PATH: process.env['PATH'] })
  return { api, start }
}

const INTERCEPT = ['intercept', 'payments', '--port', '3000', '--id', 'maria-3fk27d4a'] as const

test('ready is told in one JSON line once all pods divert', async t => {
  const { api, start } = await startCase(t)

  const run = await start(...INTERCEPT, '--output', 'json')
  await until(() => run.stdout.length > 0)

  const [name] = [...api.intercepts.keys()]
  t.deepEqual(JSON.parse(run.stdout[0] ?? ''), {
    event: 'ready',
    intercept: name,
    namespace: 'shop',
    workload: 'deployment/payments',
    port: 8080,
    developer: '127.0.0.1:3000',
    pods: 2,
    way: 'proved',
    service: 'pay.shop',
    header: { name: 'x-waylay-id', value: 'maria-3fk27d4a' },
    headers: [{ type: 'Exact', name: 'x-waylay-id', value: 'maria-3fk27d4a' }],
    path: null,
    methods: []
  })
  t.true([...api.pods.values()].every(pod => pod.intercepts.has(name ?? '')))
  run.interrupt()
  await run.exitCode
})

test.serial('Ctrl-C takes the intercept off every pod, and nothing waits for its limit', async t => {
  const { api, start } = await startCase(t)
  const run = await start(...INTERCEPT)
  await until(() => run.stderr.some(line => line.includes('Press Ctrl-C')))

  const startMs = performance.now()
  run.interrupt()
  const exitCode = await run.exitCode

  t.is(exitCode, 0)
  t.true(performance.now() - startMs < 4500, 'the limit is 5 s')
  t.is(api.intercepts.size, 0)
  t.true([...api.pods.values()].every(pod => pod.intercepts.size === 0))
})

test('Ctrl-C before it stands leaves nothing half-made', async t => {
  const { api, start } = await startCase(t)
  const run = await start(...INTERCEPT)
  await until(() => api.requests.some(line => line.startsWith('POST')))

  run.interrupt()

  t.is(await run.exitCode, 0)
  t.is(api.intercepts.size, 0)
})

test('the developer reads the intercept, a curl line and each request', async t => {
  const { api, start } = await startCase(t, ['payments-1'])
  const run = await start(...INTERCEPT)
  await until(() => run.stderr.some(line => line.includes('Press Ctrl-C')))

  api.pods.get('payments-1')?.report('GET', '/charge', 201)
  await until(() => run.stderr.some(line => /^\d\d:\d\d:\d\d GET \/charge 201 1 ms$/.test(line)))

  t.true(run.stderr.includes('Diverting shop/deployment/payments port 8080 where x-waylay-id=maria-3fk27d4a -> 127.0.0.1:3000 (1 pod)'))
  t.true(run.stderr.some(line => line.includes('curl -H \'x-waylay-id: maria-3fk27d4a\' http://pay.shop/')))
  run.interrupt()
  await run.exitCode
})

test('a diverted connection reaches the program on this machine', async t => {
  const program = createServer(socket => { socket.on('error', () => {}).end('from maria') })
  program.listen(0, '127.0.0.1')
  await once(program, 'listening')
  t.teardown(() => { program.close() })
  const { api, start } = await startCase(t, ['payments-1'])
  const run = await start('intercept', 'payments', '--port', `${(program.address() as AddressInfo).port}:http`, '--global')
  await until(() => run.stderr.some(line => line.includes('Press Ctrl-C')))

  const stream = api.pods.get('payments-1')?.sessions[0]?.openStream()
  stream?.end(encodeStreamHead({ intercept: [...api.intercepts.keys()][0] ?? '', port: 8080, protocol: 'tcp', caller: { address: '10.0.0.1', port: 1 } }))

  t.regex(stream === undefined ? '' : await text(stream), /from maria$/)
  run.interrupt()
  await run.exitCode
})

test('a new pod joins and a deleted one leaves', async t => {
  const { api, start } = await startCase(t, ['payments-1'])
  const run = await start(...INTERCEPT)
  await until(() => run.stderr.some(line => line.includes('Press Ctrl-C')))

  const joined = api.addPod('payments-2')
  await until(() => joined.intercepts.size === 1 && run.stderr.includes('Diverting on 2 of 2 pods.'))
  api.removePod('payments-1')
  await until(() => run.stderr.includes('Diverting on 1 of 1 pod.'))

  run.interrupt()
  t.is(await run.exitCode, 0)
})

test('a session that breaks while its pod lives is opened again', async t => {
  const { api, start } = await startCase(t, ['payments-1'])
  const run = await start(...INTERCEPT)
  await until(() => run.stderr.some(line => line.includes('Press Ctrl-C')))
  const pod = api.pods.get('payments-1')

  pod?.sessions[0]?.destroy()
  await until(() => pod?.sessions.length === 2 && pod.intercepts.size === 1)

  run.interrupt()
  t.is(await run.exitCode, 0)
})

test('a pod that refuses the ticket is named and the others divert', async t => {
  const { api, start } = await startCase(t)
  const pod = api.pods.get('payments-2')
  if (pod !== undefined) pod.refuse = true

  const run = await start(...INTERCEPT, '--output', 'json')
  await until(() => run.stdout.some(line => line.includes('"ready"')))

  t.like(JSON.parse(run.stdout.find(line => line.includes('"ready"')) ?? ''), { pods: 1 })
  t.true(run.stderr.some(line => line.startsWith('Warning: pod payments-2 takes no requests of yours; they go to the app. Pod payments-2: not today')))
  t.is(api.pods.get('payments-1')?.intercepts.size, 1)
  run.interrupt()
  t.is(await run.exitCode, 0)
})

test('pods that all refuse the ticket end it and leave nothing', async t => {
  const { api, start } = await startCase(t)
  for (const pod of api.pods.values()) pod.refuse = true

  const run = await start(...INTERCEPT)

  t.is(await run.exitCode, 7)
  t.regex(run.stderr.join('\n'), /Pod payments-\d: not today\n {2}Try: .*\n {2}Code: {2}WAYLAY_TICKET_REFUSED/)
  t.is(api.intercepts.size, 0)
})

test('a deletion by somebody else ends it as a conflict', async t => {
  const { api, start } = await startCase(t)
  const run = await start(...INTERCEPT)
  await until(() => run.stderr.some(line => line.includes('Press Ctrl-C')))

  // The fake forgets the past: a watch that comes later than the deletion would not be told.
  await until(() => api.requests.includes('GET /apis/waylay.dev/v1alpha1/namespaces/shop/intercepts'))
  api.deleteIntercept([...api.intercepts.keys()][0] ?? '')

  t.is(await run.exitCode, 6)
  t.regex(run.stderr.join('\n'), /was ended from outside/)
  t.true([...api.pods.values()].every(pod => pod.intercepts.size === 0))
})

test('the same match a second time is refused with its owner', async t => {
  const { api, start } = await startCase(t)
  const first = await start(...INTERCEPT)
  await until(() => first.stderr.some(line => line.includes('Press Ctrl-C')))

  const second = await start(...INTERCEPT)

  t.is(await second.exitCode, 6)
  t.regex(second.stderr.join('\n'), /deployment\/payments port 8080 with x-waylay-id=maria-3fk27d4a is held by yourself since .*on marias-laptop\n {2}Try: {3}Add --take-over to end the other one, or end it with: waylay leave/)
  t.is(api.intercepts.size, 1)
  first.interrupt()
  await first.exitCode
})

test('the command behind "--" gives its exit code and ends it', async t => {
  const { api, start } = await startCase(t)

  const run = await start(...INTERCEPT, '--', process.execPath, '-e', 'process.exit(process.env.WAYLAY_INTERCEPT ? 42 : 1)')

  t.is(await run.exitCode, 42)
  t.is(api.intercepts.size, 0)
})

test('a command that cannot start is named and leaves nothing', async t => {
  const { api, start } = await startCase(t)

  const run = await start(...INTERCEPT, '--', 'no-such-program-here')

  t.is(await run.exitCode, 121)
  t.regex(run.stderr.join('\n'), /Cannot start "no-such-program-here"/)
  t.is(api.intercepts.size, 0)
})

const forbidden = { status: 403, body: { message: 'pods "payments-1" is forbidden: User "maria" cannot get resource', reason: 'Forbidden' } }

test('a missing right to port-forward names the Role to ask for', async t => {
  const { api, start } = await startCase(t, ['payments-1'])
  api.instead.set('GET /api/v1/namespaces/shop/pods/payments-1/portforward', forbidden)

  const run = await start(...INTERCEPT)

  t.is(await run.exitCode, 3)
  t.regex(run.stderr.join('\n'), /You may not get pods\/portforward "payments-1" in namespace "shop"\n {2}Try: {3}Ask an administrator to run: kubectl -n shop create rolebinding/)
  t.is(api.intercepts.size, 0)
})

test('a missing right to create intercepts names verb and resource', async t => {
  const { api, start } = await startCase(t)
  api.instead.set('POST /apis/waylay.dev', forbidden)

  const run = await start(...INTERCEPT)

  t.is(await run.exitCode, 3)
  t.regex(run.stderr.join('\n'), /You may not create intercepts\.waylay\.dev in namespace "shop"/)
})

test('a refusal of the webhook is passed on in its words', async t => {
  const { api, start } = await startCase(t)
  const message = 'admission webhook "intercepts.waylay.dev" denied the request: WAYLAY_GLOBAL_FORBIDDEN: maria lacks the verb "global". Use a header value of 8 or more characters, or ask an administrator to allow global intercepts.'
  api.instead.set('POST /apis/waylay.dev', { status: 403, body: { message } })

  const run = await start('intercept', 'payments', '--port', '3000', '--global')

  t.is(await run.exitCode, 3)
  t.regex(run.stderr.join('\n'), /^maria lacks the verb "global"\n {2}Try: {3}Use a header value.*\n {2}Code: {2}WAYLAY_GLOBAL_FORBIDDEN/)
})

test('a port the workload does not have is answered with its ports', async t => {
  const { start } = await startCase(t)

  const run = await start('intercept', 'payments', '--port', '3000:9090')

  t.is(await run.exitCode, 5)
  t.regex(run.stderr.join('\n'), /^deployment\/payments has no port 9090; its ports: 8080 \(http\)/)
})

test('a workload that is not there is named with its namespace', async t => {
  const { start } = await startCase(t)

  const run = await start('intercept', 'orders', '--port', '3000')

  t.is(await run.exitCode, 5)
  t.regex(run.stderr.join('\n'), /^There is no workload "orders" in namespace "shop"\n/)
})

test('list shows what is held, and leave ends it', async t => {
  const { api, start } = await startCase(t)
  const none = await start('list', '--output', 'json')
  await none.exitCode
  const run = await start(...INTERCEPT)
  await until(() => run.stderr.some(line => line.includes('Press Ctrl-C')))

  const list = await start('list')
  await list.exitCode
  await until(() => api.requests.filter(line => line.startsWith('GET') && line.endsWith('/intercepts')).length >= 3)
  const leave = await start('leave', 'deploy/payments')

  t.deepEqual(JSON.parse(none.stdout.join('\n')), { intercepts: [] })
  t.regex(list.stdout.join('\n'), /^NAMESPACE +WORKLOAD +PORT +MATCH +OWNER +HOST +SINCE +REQUESTS +PODS +STATE\nshop +deployment\/payments +8080 +x-waylay-id=maria-3fk27d4a +maria +marias-laptop +\d+s +\d +2 +live$/m)
  t.is(await leave.exitCode, 0)
  t.is(await run.exitCode, 6)
  t.is(api.intercepts.size, 0)
})

test('leave says so when there is nothing to leave', async t => {
  const { start } = await startCase(t)

  const named = await start('leave', 'payments')
  const all = await start('leave', '--all')

  t.is(await named.exitCode, 5)
  t.regex(named.stderr.join('\n'), /^You have no intercept "payments" in namespace shop\n/)
  t.is(await all.exitCode, 0)
  t.regex(all.stderr.join('\n'), /^No intercepts of yours in namespace shop\.$/)
})
