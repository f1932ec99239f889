import test, { type ExecutionContext } from 'ava'
import { startFakeApiServer } from '../helpers/fake-api-server.ts'
import { fitsSchema } from '../helpers/fits-schema.ts'
import { writeKubeconfig } from '../helpers/kubeconfig.ts'
import { runToEnd, startCli } from '../helpers/run-cli.ts'
import { until } from '../helpers/until.ts'

async function startCase (t: ExecutionContext) {
  const api = await startFakeApiServer(t)
  const args = ['--kubeconfig', await writeKubeconfig(t, api.url)]
  return { api, args, run: async (...more: string[]) => await runToEnd(t, [...args, 'status', ...more]) }
}

test('status shows pods with the proxy and intercepts, the user\'s own first', async t => {
  const { api, args, run } = await startCase(t)
  api.namespace = { metadata: { labels: { 'waylay.dev/inject': 'enabled' }, annotations: {} } }
  for (const pod of ['payments-1', 'payments-2']) api.addPod(pod)
  const mine = await startCli(t, [...args, 'intercept', 'payments', '-p', '3000', '--id', 'maria-3fk27d4a'])
  await until(() => api.intercepts.size > 0, 20_000)
  const [held] = api.intercepts.values()
  if (held === undefined) throw new Error('nothing stands')
  api.store.objects.set('a', { ...held, metadata: { ...held.metadata, name: 'a' }, spec: { ...held.spec, owner: 'jon' } })

  const { exitCode, stdout } = await run()
  const json = fitsSchema(t, (await run('payments', '--output', 'json')).stdout, 'status')

  t.is(exitCode, 0)
  t.regex(stdout, /^namespace shop \(context test\): new pods are injected; intercepts allowed: personal\nwebhook: answers, version /)
  t.regex(stdout, /^deployment\/payments +2\/2$/m)
  t.regex(stdout, /^deployment\/payments +8080 +x-waylay-id=maria-3fk27d4a +you [^\n]*\n[^\n]* jon /m)
  t.like(json, { intercepts: [{ mine: true, owner: 'maria' }, { mine: false, owner: 'jon' }] })
  mine.interrupt()
  await mine.exitCode
})

test('status of an empty namespace is valid and says so', async t => {
  const { run } = await startCase(t)

  t.regex((await run()).stdout, /\nNo pods\.\n\nNo intercepts\.$/)
  t.like(fitsSchema(t, (await run('-o', 'json')).stdout, 'status'), { injection: null, workloads: [], intercepts: [] })
})

test('status without waylay in the cluster shows the pods all the same', async t => {
  const { api, run } = await startCase(t)
  api.addPod('payments-1')
  const missing = { status: 404, body: { message: 'the server could not find the requested resource', details: {} } }
  for (const method of ['GET', 'POST']) api.instead.set(`${method} /apis/waylay.dev`, missing)

  const { exitCode, stdout } = await run()

  t.is(exitCode, 0)
  t.regex(stdout, /^webhook: not known to answer \(waylay is not installed in this cluster\)$/m)
  t.regex(stdout, /^deployment\/payments +1\/1$/m)
})

test('status says which pods are in the mode named-port and what it does not see', async t => {
  const { api, run } = await startCase(t)
  api.injection = { mode: 'named-port', unseen: [9090] }
  for (const pod of ['payments-1', 'payments-2']) api.addPod(pod)

  const { stdout } = await run()

  t.regex(stdout, /^deployment\/payments +2\/2 named-port$/m)
  t.regex(stdout, /^deployment\/payments is in the mode named-port: .*\(9090\) goes to the app; .* down/m)
  const json = fitsSchema(t, (await run('-o', 'json')).stdout, 'status')
  t.like(json, { workloads: [{ injected: 2, namedPort: 2, unseen: [9090] }] })
})
