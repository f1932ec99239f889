import test, { type ExecutionContext } from 'ava'
import { openCluster } from '../../../../cli/cluster/kubeconfig.ts'
import { createObjects } from '../../../../cli/cluster/objects.ts'
import { createProgress } from '../../../../cli/ephemeral/up/progress.ts'
import { OtherCommand, waitForParts } from '../../../../cli/ephemeral/up/wait-parts.ts'
import type { Environment } from '../../../../environments/object.ts'
import { startEnvironmentApi } from '../../helpers/environment-api.ts'
import { writeKubeconfig } from '../../helpers/kubeconfig.ts'

const DONE = { observedGeneration: 1, replicas: 1, updatedReplicas: 1, availableReplicas: 1 }
const LABELS = { 'waylay.dev/environment': 'pr-1', 'waylay.dev/copy': 'payments-pr-1', 'waylay.dev/environment-part': 'copy' }

async function start (t: ExecutionContext, timeoutMs = 20_000) {
  const api = await startEnvironmentApi(t)
  const cluster = openCluster({ kubeconfig: await writeKubeconfig(t, api.url) }, { env: {}, homeDir: '' })
  t.teardown(() => { cluster.close() })
  const lines: string[] = []
  const root = api.putEnvironment('pr-1') as Environment
  const context = {
    cluster,
    objects: createObjects(cluster),
    namespace: 'shop',
    name: 'pr-1',
    progress: createProgress(line => { lines.push(line) }),
    signal: new AbortController().signal,
    endMs: performance.now() + timeoutMs
  }
  const put = (name: string, status: object): void => {
    const labels = { 'waylay.dev/environment': 'pr-1' }
    api.put('deployments', name, { labels, spec: { replicas: 1 }, status })
  }
  const deployments = ['payments-pr-1', 'waylay-env-pr-1'].map(name => ({ metadata: { name, generation: 1 } }))
  const wait = async (earlierPods: ReadonlySet<string> = new Set()) =>
    await waitForParts(context, { root, deployments, earlierPods })
  return { api, lines, root, put, wait }
}

test('everything that runs is told once and waited for no longer', async t => {
  const { lines, put, wait } = await start(t)
  put('waylay-env-pr-1', DONE)
  put('payments-pr-1', {})
  setTimeout(() => { put('payments-pr-1', DONE) }, 300)

  await wait()

  t.deepEqual(lines.map(line => line.replace(/^ *\d+\.\d s {2}/, '')), ['the companion runs', 'the copy payments-pr-1 runs'])
})

test('a copy that crashes fails at once with its last lines', async t => {
  const { api, lines, put, wait } = await start(t)
  put('waylay-env-pr-1', DONE)
  put('payments-pr-1', {})
  const crashed = { waiting: { reason: 'CrashLoopBackOff' } }
  const lastState = { terminated: { exitCode: 7, reason: 'Error' } }
  api.put('pods', 'payments-1', {
    labels: LABELS, status: { containerStatuses: [{ name: 'app', restartCount: 1, state: crashed, lastState }] }
  })
  api.instead.set('GET pods/payments-1', (_request, response) => { response.end('2026-11-30T00:00:00Z no database\n2026-11-30T00:00:01Z giving up\n') })

  await t.throwsAsync(wait(), { code: 'WAYLAY_ENVIRONMENT_FAILED', message: /the copy payments-pr-1 does not start: container app of payments-1 ended with 7/ })

  t.deepEqual(lines.slice(-3), ['The last lines of container app of payments-1:', '  no database', '  giving up'])
})

test('what an earlier pod does is nobody\'s failure', async t => {
  const { api, put, wait } = await start(t, 500)
  put('waylay-env-pr-1', DONE)
  put('payments-pr-1', {})
  const { metadata: { uid } } = api.put('pods', 'payments-1', {
    labels: LABELS, status: { containerStatuses: [{ name: 'app', state: { waiting: { reason: 'CrashLoopBackOff' } } }] }
  })

  await t.throwsAsync(wait(new Set([uid])), { message: /payments-pr-1 has no new pod yet/ })
})

test('a quota that lets no pod in is told by what it says', async t => {
  const { put, wait } = await start(t)
  put('waylay-env-pr-1', DONE)
  put('payments-pr-1', { conditions: [{ type: 'ReplicaFailure', status: 'True', message: 'exceeded quota: pods=2' }] })

  await t.throwsAsync(wait(), { message: /gets no pod: exceeded quota: pods=2/ })
})

test('a Deployment that another command wrote again is theirs', async t => {
  const { api, put, wait } = await start(t)
  put('payments-pr-1', DONE)
  const { metadata, ...rest } = api.objects.get('shop/deployments/payments-pr-1') ?? api.put('deployments', 'x')
  api.put('deployments', 'payments-pr-1', { ...rest, metadata: { ...metadata, generation: 2 } as typeof metadata })

  await t.throwsAsync(wait(), { instanceOf: OtherCommand, message: /Another "waylay env up pr-1" or "env down" changed/ })
})

test('another command that changes or removes the environment is left alone', async t => {
  const { api, root, wait } = await start(t)
  const spec = { ...root.spec, workloads: [] }
  api.put('environments', 'pr-1', { metadata: { ...root.metadata, uid: root.metadata.uid ?? '' }, spec })
  await t.throwsAsync(wait(), { instanceOf: OtherCommand, message: /Another "waylay env up pr-1" or "env down" changed/ })

  api.remove('environments', 'pr-1')
  await t.throwsAsync(wait(), { instanceOf: OtherCommand, message: /was removed by somebody else/ })
})
