import test from 'ava'
import { openCluster } from '../../../../cli/cluster/kubeconfig.ts'
import { createObjects } from '../../../../cli/cluster/objects.ts'
import type { EnvironmentPlan } from '../../../../cli/ephemeral/plan/environment-plan.ts'
import { createProgress } from '../../../../cli/ephemeral/up/progress.ts'
import { prune } from '../../../../cli/ephemeral/up/prune.ts'
import { startEnvironmentApi } from '../../helpers/environment-api.ts'
import { writeKubeconfig } from '../../helpers/kubeconfig.ts'

const LABELS = { 'waylay.dev/environment': 'pr-1' }
const KINDS = [
  ['Deployment', 'deployments'], ['Service', 'services'], ['AuthorizationPolicy', 'authorizationpolicies'],
  ['PeerAuthentication', 'peerauthentications']
] as const

test('what the environment had and is not to have any more goes, once nobody is sent there', async t => {
  const api = await startEnvironmentApi(t)
  const cluster = openCluster({ kubeconfig: await writeKubeconfig(t, api.url) }, { env: {}, homeDir: '' })
  t.teardown(() => { cluster.close() })
  // Discovery: which kinds there are.
  api.instead.set('GET ', (request, response) => {
    const resources = KINDS.map(([kind, name]) => ({ kind, name, namespaced: true }))
    const groups = [{ name: 'security.istio.io', preferredVersion: { groupVersion: 'security.istio.io/v1' } }]
    response.end(JSON.stringify(request.url === '/apis' ? { groups } : { resources }))
  })
  const owner = api.putEnvironment('pr-1')
  for (const plural of ['deployments', 'services', 'authorizationpolicies']) api.put(plural, 'other-pr-1', { labels: LABELS, owner })
  api.put('services', 'mine', { labels: LABELS })
  const kept = ['payments-pr-1', 'waylay-env-pr-1'].map(name =>
    ({ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name, namespace: 'shop' } }))
  const service = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'payments-pr-1', namespace: 'shop' } }
  const plan: EnvironmentPlan = { environment: owner, copies: [], companion: () => [...kept, service], warnings: [] }

  const context = {
    cluster,
    objects: createObjects(cluster),
    namespace: 'shop',
    name: 'pr-1',
    progress: createProgress(() => {}),
    signal: new AbortController().signal,
    endMs: performance.now() + 20_000
  }
  setTimeout(() => {
    t.deepEqual(api.changes, [], 'an intercept of before still stands')
    api.remove('intercepts', 'i-pr-1')
  }, 400)
  api.put('intercepts', 'i-pr-1', { ...api.objects.get('shop/intercepts/i-pr-1'), labels: LABELS, owner })
  await prune(context, plan, owner)

  t.deepEqual(api.changes, ['DELETE deployments/other-pr-1', 'DELETE services/other-pr-1', 'DELETE authorizationpolicies/other-pr-1'])
})
