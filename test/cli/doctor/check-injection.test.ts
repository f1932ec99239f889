import test, { type ExecutionContext } from 'ava'
import { openCluster } from '../../../cli/cluster/kubeconfig.ts'
import { checkInjection } from '../../../cli/doctor/check-installation.ts'
import { startApiStub } from '../helpers/api-stub.ts'
import { writeKubeconfig } from '../helpers/kubeconfig.ts'

const PROXY = { spec: { initContainers: [{ name: 'waylay-proxy' }] } }

/** @param label of the namespace; undefined: it has none, null: it cannot be read. */
async function check (
  t: ExecutionContext, label: string | undefined | null, pod: object, warning: readonly string[] = []
) {
  const metadata = { labels: label === undefined ? {} : { 'waylay.dev/inject': label } }
  const { url, requests, bodies } = await startApiStub(t, {
    'GET /api/v1/namespaces/shop': label === null ? { status: 403, body: {} } : { status: 200, body: { metadata } },
    'POST /api/v1/namespaces/shop/pods': { status: 201, body: pod, headers: { warning } }
  })
  const cluster = openCluster({ kubeconfig: await writeKubeconfig(t, url) }, { env: {}, homeDir: '' })
  t.teardown(() => { cluster.close() })
  const result = await checkInjection(cluster, 'shop')
  const tried = bodies.filter((_body, index) => requests[index]?.startsWith('POST '))
  return { ...result, tried: tried.map(body => JSON.parse(body) as { metadata: { labels: object } }) }
}

test('a pod that the webhook leaves as it is is told why', async t => {
  const warnings = ['299 - "other \\"thing\\""', '299 - "waylay: this pod is not injected: \\"node\\" is no value of waylay.dev/propagate"']

  t.like(await check(t, 'enabled', { spec: {} }, warnings), {
    state: 'fail', code: 'WAYLAY_NOT_INJECTED', text: 'A new pod would be left as it is: "node" is no value of waylay.dev/propagate'
  })
  t.like(await check(t, null, { spec: {} }), { state: 'fail', code: 'WAYLAY_INSTALL_FAILED' })
})

test('a webhook that fails at a pod is blamed itself', async t => {
  const warnings = ['299 - "waylay: this pod is not injected: the webhook failed; its log says why"']

  t.like(await check(t, 'enabled', { spec: {} }, warnings), { state: 'fail', code: 'WAYLAY_INSTALL_FAILED' })
})

test('in a namespace without the label no pod is tried, and no webhook is blamed', async t => {
  t.like(await check(t, undefined, { spec: {} }), { state: 'skipped', tried: { length: 0 } })
  t.like(await check(t, 'disabled', { spec: {} }), { state: 'skipped', tried: { length: 0 } })
})

test('where pods ask for it one by one, the pod that is tried does', async t => {
  const { state, text, tried } = await check(t, 'pods', PROXY)

  t.is(state, 'ok')
  t.deepEqual(tried.map(({ metadata }) => metadata.labels), [{ 'waylay.dev/inject': 'enabled' }])
  t.regex(text, /: new pods that carry the label waylay\.dev\/inject=enabled would be injected$/)
})
