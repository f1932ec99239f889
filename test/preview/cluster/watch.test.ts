import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { createConfiguration, KubeConfig, ServerConfiguration } from '@kubernetes/client-node'
import test, { type ExecutionContext } from 'ava'
import type { Intercept } from '../../../intercepts/object.ts'
import type { AskForWatch } from '../../../preview/cluster/heard-watch.ts'
import { serviceReader } from '../../../preview/cluster/services.ts'
import { watchIntercepts } from '../../../preview/cluster/watch.ts'
import { quietLog } from '../../webhook/quiet-log.ts'
import { mariasIntercept } from '../cases.ts'

const INTERCEPTS = '/apis/waylay.dev/v1alpha1/intercepts'

/** NOT Kubernetes: lists what it is told, and keeps watches open. */
async function startApi (t: ExecutionContext) {
  const api = { items: [] as Intercept[], watches: [] as ServerResponse[], isAway: false, areWatchesRefused: false }
  const server = createServer((req, res) => {
    const url = new URL(req.url ?? '/', 'http://api')
    if (api.isAway) return res.writeHead(503).end('{}')
    res.setHeader('content-type', 'application/json')
    if (url.pathname !== INTERCEPTS) return res.writeHead(404).end('{"message":"not found"}')
    if (url.searchParams.get('watch') === 'true') {
      if (api.areWatchesRefused) return res.writeHead(403).end('{}')
      api.watches.push(res)
      return res.flushHeaders()
    }
    res.end(JSON.stringify({ metadata: { resourceVersion: '5' }, items: api.items }))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.close()
    server.closeAllConnections()
  })
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const kubeConfig = new KubeConfig()
  kubeConfig.loadFromClusterAndUser({ name: 'test', server: url, skipTLSVerify: true }, { name: 'gateway' })
  const configuration = createConfiguration({
    baseServer: new ServerConfiguration(url, {}), authMethods: { default: kubeConfig }
  })
  return { api, cluster: { kubeConfig, configuration, serverNowMs: Date.now } }
}

async function until (what: string, isSo: () => boolean): Promise<void> {
  for (let looks = 0; looks < 500 && !isSo(); looks++) await sleep(20)
  if (!isSo()) throw new Error(`Waited in vain until ${what}`)
}

test('intercepts are listed, followed, and followed again when the API server was away', async t => {
  const { api, cluster } = await startApi(t)
  const seen: string[] = []
  const stopping = new AbortController()
  const sink = {
    put: ({ metadata, spec }: Intercept) => { seen.push(`put ${metadata.name} of ${spec.owner}`) },
    remove: ({ metadata }: Intercept) => { seen.push(`remove ${metadata.name}`) },
    onNews: () => { seen.push('news') },
    onTrouble: () => { seen.push('trouble') }
  }
  const one = mariasIntercept([])
  api.items = [one]
  const deps = { wait: async () => { await sleep(20) }, log: quietLog().log }
  const watching = watchIntercepts(cluster, sink, deps, stopping.signal)
  await until('the watch is open', () => api.watches.length === 1)
  t.deepEqual(seen.slice(0, 2), ['put c0ffee of maria', 'news'])
  t.is(seen.filter(what => what !== 'news').length, 1)

  const send = (type: string, object: Intercept): void => {
    const versioned = { ...object, metadata: { ...object.metadata, resourceVersion: '6' } }
    api.watches.at(-1)?.write(`${JSON.stringify({ type, object: versioned })}\n`)
  }
  send('MODIFIED', { ...one, spec: { ...one.spec, owner: 'jon' } })
  await until('the change is seen', () => seen.includes('put c0ffee of jon'))

  api.isAway = true
  api.watches.at(-1)?.destroy()
  await until('the trouble is seen', () => seen.includes('trouble'))
  seen.splice(0)
  api.isAway = false
  await until('the watch is open again', () => api.watches.length > 1)
  t.true(seen.includes('news'), 'that it is back is news')
  send('DELETED', one)
  await until('the deletion is seen', () => seen.includes('remove c0ffee'))

  stopping.abort()
  await watching
})

test('what a list says counts where watches are refused: what is gone goes', async t => {
  const { api, cluster } = await startApi(t)
  const stopping = new AbortController()
  const seen: string[] = []
  const sink = {
    put: ({ metadata, spec }: Intercept) => { seen.push(`put ${metadata.name} of ${spec.owner}`) },
    remove: ({ metadata }: Intercept) => { seen.push(`remove ${metadata.name}`) },
    onNews: () => {},
    onTrouble: () => { seen.push('trouble') }
  }
  const one = mariasIntercept([])
  const other = { ...one, metadata: { ...one.metadata, name: 'cafe' } }
  api.items = [one, other]
  const deps = { wait: async () => { await sleep(20) }, log: quietLog().log }
  const watching = watchIntercepts(cluster, sink, deps, stopping.signal)
  await until('the watch is open', () => api.watches.length === 1)

  api.areWatchesRefused = true
  api.items = [{ ...one, spec: { ...one.spec, owner: 'jon' } }]
  seen.splice(0)
  api.watches.at(-1)?.destroy()
  await until('the list is believed', () => seen.includes('put c0ffee of jon') && seen.includes('remove cafe'))
  t.is(seen[0], 'trouble')

  api.areWatchesRefused = false
  await until('the watch is open again', () => api.watches.length > 1)
  stopping.abort()
  await watching
  t.is(seen.filter(what => what.startsWith('remove')).length, 1)
})

test('an API server that takes requests and answers none is in trouble since it was heard last', async t => {
  const { api, cluster } = await startApi(t)
  const stopping = new AbortController()
  const seen: string[] = []
  const sink = {
    put: () => {},
    remove: () => {},
    onNews: () => { seen.push('news') },
    onTrouble: (silentMs?: number) => { seen.push(`trouble for ${silentMs ?? 0} ms`) }
  }
  const timeout = new DOMException('The operation was aborted due to timeout', 'TimeoutError')
  const asked: PromiseWithResolvers<AbortController>[] = []
  const dones: ((error: unknown) => void)[] = []
  const ask: AskForWatch = async (_path, _query, _onEvent, onDone) => {
    const answer = Promise.withResolvers<AbortController>()
    asked.push(answer)
    dones.push(onDone)
    return await answer.promise
  }
  const watching = watchIntercepts(
    cluster, sink, { wait: async () => { await sleep(20) }, log: quietLog().log, ask }, stopping.signal)
  const next = async (what: string, watches: number): Promise<string[]> => {
    await until(what, () => asked.length === watches)
    return seen.splice(0)
  }
  t.deepEqual(await next('a watch is asked for', 1), ['news'])
  asked[0]?.resolve(new AbortController())
  await until('it is heard', () => seen.length === 1)
  dones[0]?.(timeout)
  t.deepEqual(await next('a silent watch is asked for anew', 2), ['news', 'trouble for 30000 ms'])
  asked[1]?.resolve(new AbortController())
  await until('the API server was only quiet', () => seen.includes('news'))
  seen.splice(0)
  dones[1]?.(timeout)
  t.deepEqual(await next('it is asked for anew', 3), ['trouble for 30000 ms'])

  api.isAway = true
  dones[2]?.(timeout)
  asked[2]?.resolve(new AbortController())
  await until('a list is tried', () => seen.filter(what => what === 'trouble for 0 ms').length > 2)
  t.false(seen.includes('news'))
  api.isAway = false
  await until('the list is news', () => seen.includes('news'))
  stopping.abort()
  for (const answer of asked) answer.resolve(new AbortController())
  await watching
})

test('a Service that is not there is none', async t => {
  const { cluster } = await startApi(t)
  t.is(await serviceReader(cluster)('shop', 'storefront'), undefined)
})
