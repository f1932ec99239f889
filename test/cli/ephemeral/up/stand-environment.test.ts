import test, { type ExecutionContext } from 'ava'
import { WaylayError } from '../../../../common/errors.ts'
import { openCluster } from '../../../../cli/cluster/kubeconfig.ts'
import type { EnvironmentPlan } from '../../../../cli/ephemeral/plan/environment-plan.ts'
import type { RunContext } from '../../../../cli/ephemeral/up/run-context.ts'
import { standEnvironment } from '../../../../cli/ephemeral/up/stand-environment.ts'
import type { Manifest } from '../../../../cli/manifests.ts'
import type { Environment } from '../../../../environments/object.ts'
import { startEnvironmentApi, type EnvironmentApi } from '../../helpers/environment-api.ts'
import { writeKubeconfig } from '../../helpers/kubeconfig.ts'

const OTHER_TIME = '2040-01-01T00:00:00Z'
const NEW_IMAGES = [{ workload: 'deployment/payments', copy: 'payments-pr-1', ports: [8080], images: { app: 'payments:new' } }]

/** An `env up` whose Deployment is refused; @param meanwhile what others do at that moment. */
async function fail (t: ExecutionContext, isThere: boolean, meanwhile: (api: EnvironmentApi) => void = () => {}) {
  const api = await startEnvironmentApi(t)
  api.playAlong()
  const cluster = openCluster({ kubeconfig: await writeKubeconfig(t, api.url) }, { env: {}, homeDir: '' })
  t.teardown(() => { cluster.close() })
  const root = api.putEnvironment('pr-1')
  if (!isThere) api.objects.clear()
  api.instead.set('POST environments', (_request, response, body) => {
    const { spec } = body as Environment
    response.end(JSON.stringify(api.put('environments', 'pr-1', { ...root, spec })))
  })
  const apply = async (manifest: Manifest) => {
    if (manifest.kind !== 'Environment') {
      meanwhile(api)
      throw new WaylayError('WAYLAY_FORBIDDEN', 'exceeded quota')
    }
    const { spec } = manifest as unknown as Environment
    return await Promise.resolve({ kind: 'applied', object: api.put('environments', 'pr-1', { ...root, spec }) })
  }
  const notes: string[] = []
  const progress = { step: () => {}, note: (line: string) => notes.push(line), elapsedMs: () => 0 }
  const context = {
    cluster,
    objects: { apply, get: async () => await Promise.resolve(undefined) },
    namespace: 'shop',
    name: 'pr-1',
    progress,
    signal: new AbortController().signal,
    endMs: performance.now() + 60_000
  }
  const environment = { ...root, spec: { ...root.spec, workloads: NEW_IMAGES } }
  const deployment = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'waylay-env-pr-1', namespace: 'shop' } }
  const plan: EnvironmentPlan = { environment, copies: [], companion: () => [deployment], warnings: [] }
  const options = { plan: async () => await Promise.resolve(plan), waits: true }
  const standing = standEnvironment(context as unknown as RunContext, options)
  await t.throwsAsync(standing, { message: 'exceeded quota' })
  return { api, notes, root, left: () => api.objects.get('shop/environments/pr-1')?.spec as Environment['spec'] | undefined }
}

const changeLife = (api: EnvironmentApi): void => {
  const root = api.objects.get('shop/environments/pr-1')
  if (root !== undefined) api.put('environments', 'pr-1', { ...root, spec: { ...root.spec, expiresAt: OTHER_TIME } })
}

test('what a first command made is removed where it fails', async t => {
  const { api } = await fail(t, false)

  t.true(api.changes.includes('DELETE environments/pr-1'))
})

test('an environment that another command asked for meanwhile is not removed', async t => {
  const { api, left, notes } = await fail(t, false, changeLife)

  t.deepEqual(api.changes.filter(line => line.startsWith('DELETE')), [])
  t.is(left()?.expiresAt, OTHER_TIME)
  t.regex(notes.join('\n'), /changed or removed by another command meanwhile/)
})

test('one of that name that was made anew is not removed', async t => {
  const { api } = await fail(t, false, api => { api.put('environments', 'pr-1', { spec: {} }) })

  t.deepEqual(api.changes.filter(line => line.startsWith('DELETE')), [])
})

test('an update that could write nothing leaves the images of before in the list', async t => {
  const { left, root } = await fail(t, true)

  t.deepEqual(left()?.workloads, root.spec.workloads)
})

test('an update leaves what a later one asked for', async t => {
  const { left } = await fail(t, true, changeLife)

  t.deepEqual(left()?.workloads, NEW_IMAGES)
})
