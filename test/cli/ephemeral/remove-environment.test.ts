import test, { type ExecutionContext } from 'ava'
import { openCluster } from '../../../cli/cluster/kubeconfig.ts'
import { removeEnvironment, type RemovalOptions } from '../../../cli/ephemeral/remove-environment.ts'
import { forbid, startEnvironmentApi, type EnvironmentApi } from '../helpers/environment-api.ts'
import { writeKubeconfig } from '../helpers/kubeconfig.ts'
import { until } from '../helpers/until.ts'

async function open (t: ExecutionContext) {
  const api = await startEnvironmentApi(t)
  const cluster = openCluster({ kubeconfig: await writeKubeconfig(t, api.url) }, { env: {}, homeDir: '' })
  t.teardown(() => { cluster.close() })
  const reports: string[] = []
  const stopping = new AbortController()
  const report = (step: string): void => { reports.push(step) }
  const usual = { waits: true, timeoutMs: 20_000, pollMs: 5, signal: stopping.signal, report }
  const remove = async (name: string, options: Partial<RemovalOptions> = {}) =>
    await removeEnvironment(cluster, 'shop', name, { ...usual, ...options })
  return { api, remove, reports, stop: () => { stopping.abort() } }
}

const isEnding = (api: EnvironmentApi, name: string): boolean =>
  api.objects.get(`shop/environments/${name}`)?.metadata.deletionTimestamp !== undefined

test('requests go to the original before anything of it is removed', async t => {
  const { api, remove } = await open(t)
  api.putEnvironment('pr-1')
  const running = remove('pr-1')
  await until(() => api.changes.includes('PATCH deployments/waylay-env-pr-1'))
  await until(() => api.requests.filter(line => line === 'GET intercepts').length > 5)
  t.deepEqual(api.changes, ['PATCH deployments/waylay-env-pr-1'])
  t.deepEqual(api.objects.get('shop/deployments/waylay-env-pr-1')?.spec, { replicas: 0 })

  api.remove('intercepts', 'i-pr-1')
  await until(() => isEnding(api, 'pr-1'))
  api.collect()

  t.is(await running, 'removed')
  t.deepEqual([...api.objects.keys()], [])
})

test('an intercept whose companion is dead is taken away once expired', async t => {
  const { api, remove } = await open(t)
  api.playAlong()
  const root = api.putEnvironment('pr-1')
  api.remove('deployments', 'waylay-env-pr-1')
  api.putIntercept('pr-1', root, 60_000)

  t.is(await remove('pr-1'), 'removed')

  t.deepEqual(api.changes, ['DELETE intercepts/i-pr-1', 'DELETE environments/pr-1'])
})

test('one that may not be taken away goes with its owner', async t => {
  const { api, remove } = await open(t)
  api.playAlong()
  const root = api.putEnvironment('pr-1')
  api.remove('deployments', 'waylay-env-pr-1')
  api.putIntercept('pr-1', root, 60_000)
  api.instead.set('DELETE intercepts', forbid)

  t.is(await remove('pr-1'), 'removed')
  t.false(api.has('intercepts', 'i-pr-1'))
})

test('a Deployment of that name that is not its companion stays as it is', async t => {
  const { api, remove } = await open(t)
  api.playAlong()
  api.putEnvironment('pr-1')
  api.remove('intercepts', 'i-pr-1')
  const others = api.put('deployments', 'waylay-env-pr-1', { spec: { replicas: 3 } })

  t.is(await remove('pr-1'), 'removed')

  t.deepEqual(api.changes, ['DELETE environments/pr-1'])
  t.deepEqual([...api.objects.values()], [others])
})

test('intercepts of other environments and of people are not waited for', async t => {
  const { api, remove } = await open(t)
  api.playAlong()
  api.putEnvironment('pr-1')
  const other = api.putEnvironment('pr-2')
  api.put('intercepts', 'i-maria', { spec: { workload: 'deployment/payments', owner: 'maria', fence: Date.now() } })

  t.is(await remove('pr-1'), 'removed')

  t.true(api.has('intercepts', 'i-pr-2'))
  t.true(api.has('intercepts', 'i-maria'))
  t.is(api.objects.get('shop/environments/pr-2')?.metadata.uid, other.metadata.uid)
})

test('without the right to see intercepts nothing is changed at all', async t => {
  const { api, remove } = await open(t)
  api.putEnvironment('pr-1')
  api.instead.set('GET intercepts', forbid)

  await t.throwsAsync(remove('pr-1'), { code: 'WAYLAY_FORBIDDEN', message: /list intercepts\.waylay\.dev/ })
  t.deepEqual(api.changes, [])
})

test('one that is not there is absent, and nothing is changed', async t => {
  const { api, remove, reports } = await open(t)

  t.is(await remove('pr-1'), 'absent')
  t.deepEqual(api.changes, [])
  t.deepEqual(reports, [])
})

test('what is left of one that somebody deleted is waited for', async t => {
  const { api, remove, reports } = await open(t)
  api.putEnvironment('pr-1')
  api.remove('environments', 'pr-1')
  const running = remove('pr-1')
  await until(() => reports.length > 0)
  api.collect()

  t.is(await running, 'absent')
  t.deepEqual(reports, ['is gone; waiting for what it was made of'])
})

test('what lost its owner is named with the command that removes it', async t => {
  const { api, remove, reports } = await open(t)
  const labels = { 'waylay.dev/environment': 'pr-1' }
  api.put('deployments', 'payments-pr-1', { labels })
  api.put('services', 'payments-pr-1', { labels })

  t.is(await remove('pr-1'), 'absent')

  t.regex(reports.join('\n'), /nothing removes deployment payments-pr-1, service payments-pr-1\. Look, then: kubectl -n shop delete deployment,service -l waylay\.dev\/environment=pr-1$/)
  t.deepEqual(api.changes, [])
})

test('one that is on its way out is waited for, and not touched', async t => {
  const { api, remove } = await open(t)
  const root = api.putEnvironment('pr-1')
  api.put('environments', 'pr-1', { ...root, metadata: { ...root.metadata, deletionTimestamp: new Date().toISOString() } })
  const running = remove('pr-1')
  await until(() => api.requests.filter(line => line === 'GET environments/pr-1').length > 3)
  api.collect()

  t.is(await running, 'removed')
  t.deepEqual(api.changes, [])
})

test('one that was made anew by that name meanwhile is left alone', async t => {
  const { api, remove } = await open(t)
  api.putEnvironment('pr-1')
  api.onChange = line => {
    if (!line.startsWith('PATCH')) return
    api.remove('intercepts', 'i-pr-1')
    api.remove('environments', 'pr-1')
    api.putEnvironment('pr-1')
  }

  t.is(await remove('pr-1'), 'removed')

  t.deepEqual(api.changes, ['PATCH deployments/waylay-env-pr-1'])
  t.true(api.has('environments', 'pr-1'))
})

test('without waiting it is back when the deletion has begun', async t => {
  const { api, remove } = await open(t)
  api.playAlong()
  api.putEnvironment('pr-1')

  t.is(await remove('pr-1', { waits: false }), 'removing')
  t.deepEqual(api.changes, ['PATCH deployments/waylay-env-pr-1', 'DELETE environments/pr-1'])
})

test('a stop before the deletion leaves everything but the companion standing', async t => {
  const { api, remove, stop } = await open(t)
  api.putEnvironment('pr-1')
  api.onChange = () => { stop() }

  t.is(await remove('pr-1'), 'kept')
  t.true(api.has('environments', 'pr-1'))
  t.deepEqual(api.changes, ['PATCH deployments/waylay-env-pr-1'])
})

test('a stop after the deletion tells that the cluster goes on', async t => {
  const { api, remove, stop } = await open(t)
  api.putEnvironment('pr-1')
  api.onChange = line => {
    api.remove('intercepts', 'i-pr-1')
    if (line.startsWith('DELETE')) stop()
  }

  t.is(await remove('pr-1'), 'removing')
})

test('what does not go is named with the finalizer that holds it', async t => {
  const { api, remove } = await open(t)
  const root = api.putEnvironment('pr-1')
  api.playAlong()
  api.onChange = () => { api.remove('intercepts', 'i-pr-1') }
  for (const name of ['waylay-env-pr-1', 'payments-pr-1']) api.remove('deployments', name)
  const labels = { 'waylay.dev/environment': 'pr-1' }
  api.put('services', 'payments-pr-1', {
    labels, owner: root, metadata: { name: 'payments-pr-1', namespace: 'shop', uid: 's', labels, finalizers: ['example.com/balancer'] }
  })
  api.remove('intercepts', 'i-pr-1')

  await t.throwsAsync(remove('pr-1', { timeoutMs: 50 }), {
    code: 'WAYLAY_ENVIRONMENT_FAILED', message: /shop\/pr-1 is still on its way out after 0s: service payments-pr-1 \(held by example\.com\/balancer\)$/
  })
})

test('an API server that is away for a moment is waited for', async t => {
  const { api, remove } = await open(t)
  api.playAlong()
  api.putEnvironment('pr-1')
  let failures = 3
  api.onChange = line => {
    if (line.startsWith('PATCH')) api.remove('intercepts', 'i-pr-1')
    if (!line.startsWith('DELETE')) return
    api.instead.set('GET environments/pr-1', (request, response) => {
      failures -= 1
      if (failures === 0) api.instead.clear()
      if (failures === 0) api.collect()
      response.writeHead(503).end('{"message":"the server is shutting down"}')
      request.resume()
    })
  }

  t.is(await remove('pr-1'), 'removed')
  t.is(failures, 0)
})

test('an API server that is away for a moment stops no removal half way', async t => {
  const { api, remove } = await open(t)
  api.playAlong()
  api.putEnvironment('pr-1')
  for (const line of ['PATCH deployments/waylay-env-pr-1', 'DELETE environments/pr-1']) {
    api.instead.set(line, (_request, response) => {
      api.instead.delete(line)
      response.writeHead(503, { 'content-type': 'application/json' }).end(JSON.stringify({ message: 'etcd has no leader' }))
    })
  }

  t.is(await remove('pr-1'), 'removed')
  t.deepEqual([...api.objects.keys()], [])
})
