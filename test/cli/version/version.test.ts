import test, { type ExecutionContext } from 'ava'
import { VERSION } from '../../../common/version.ts'
import { skewOf } from '../../../cli/version/version-skew.ts'
import { startFakeApiServer } from '../helpers/fake-api-server.ts'
import { fitsSchema } from '../helpers/fits-schema.ts'
import { writeKubeconfig } from '../helpers/kubeconfig.ts'
import { runToEnd } from '../helpers/run-cli.ts'

async function startCase (t: ExecutionContext) {
  const api = await startFakeApiServer(t)
  const kubeconfig = await writeKubeconfig(t, api.url)
  return { api, run: async (...args: string[]) => await runToEnd(t, ['version', ...args, '--kubeconfig', kubeconfig]) }
}

test('versions of program, webhook, sidecars and Kubernetes stand below each other', async t => {
  const { api, run } = await startCase(t)
  for (const pod of ['payments-1', 'payments-2']) api.addPod(pod)

  const { exitCode, stdout, stderr } = await run()

  t.is(exitCode, 0)
  t.is(stdout, `waylay ${VERSION}\nkubernetes v1.34.4 (context test)\nwebhook ${VERSION}\nsidecars 0.1.0 (2 pods)`)
  t.is(stderr, '')
  t.is(api.intercepts.size, 0, 'the question left nothing behind')
})

test('the versions as JSON fit their schema', async t => {
  const { api, run } = await startCase(t)
  api.addPod('payments-1')

  t.deepEqual(fitsSchema(t, (await run('--output', 'json')).stdout, 'version'), {
    cli: VERSION,
    cluster: { context: 'test', server: api.url, kubernetes: 'v1.34.4' },
    webhook: VERSION,
    sidecars: [{ version: '0.1.0', pods: 1 }],
    problems: []
  })
})

test('--client asks no cluster, also where there is none', async t => {
  const { api, run } = await startCase(t)

  t.is((await run('--client')).stdout, `waylay ${VERSION}`)
  fitsSchema(t, (await run('--client', '-o', 'json')).stdout, 'version')
  t.deepEqual(api.requests, [])
})

test('a cluster that does not answer is told beside the version', async t => {
  const { exitCode, stdout, stderr } = await runToEnd(t, ['version', '--kubeconfig', '/nonexistent/config'])

  t.is(exitCode, 0)
  t.is(stdout, `waylay ${VERSION}`)
  t.regex(stderr, /^Cannot read the kubeconfig \/nonexistent\/config/)
})

test('what the user may not see is named and the rest is shown', async t => {
  const { api, run } = await startCase(t)
  api.instead.set('GET /api/v1/namespaces/shop/pods', { status: 403, body: { message: 'pods is forbidden: User "maria" cannot list' } })
  api.instead.set('POST /apis/waylay.dev', { status: 404, body: { message: 'the server could not find the requested resource', details: {} } })

  const { stdout } = await run('-o', 'json')

  t.like(fitsSchema(t, stdout, 'version'), {
    webhook: null,
    sidecars: [],
    problems: [{ code: 'WAYLAY_NOT_INSTALLED' }, { code: 'WAYLAY_FORBIDDEN' }]
  })
})

test('one minor version apart is fine and two are not', t => {
  t.deepEqual(
    ['0.1.0', '0.1.9', '0.2.0', '0.0.3', '0.3.0', '1.1.0', '0.2.0-rc.1', 'next'].map(other => skewOf('0.1.0', other)),
    ['same', 'fine', 'fine', 'fine', 'far', 'far', 'fine', 'unknown'])
})
