import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import test, { type ExecutionContext } from 'ava'
import type { Intercept } from '../../intercepts/object.ts'
import type { Preview } from '../../intercepts/preview.ts'
import { freePort } from '../helpers/free-port.ts'
import { listen } from '../helpers/listening.ts'
import { aPreview, aService, DOMAIN, mariasIntercept } from './cases.ts'
import { until } from './http2-visitor.ts'

const NAMESPACE = { metadata: { name: 'shop', resourceVersion: '1', annotations: { 'waylay.dev/previews': 'allow' } } }

/**
 * NOT Kubernetes: one Intercept, its namespace and its Service, and watches of both.
 *
 * @param intercept renewed when it is asked for: its lease ends 15 s later, however long the gateway takes to start.
 */
async function startApi (t: ExecutionContext, intercept: () => Intercept, appPort: number) {
  const watches: ServerResponse[] = []
  const server = createServer((req, res) => {
    const { pathname, searchParams } = new URL(req.url ?? '/', 'http://api')
    const isOfIntercepts = pathname.endsWith('/intercepts')
    res.setHeader('content-type', 'application/json')
    if (searchParams.get('watch') === 'true') {
      if (isOfIntercepts) watches.push(res)
      return res.flushHeaders()
    }
    if (pathname.includes('/services/')) return res.end(JSON.stringify(aService(appPort)))
    res.end(JSON.stringify({ metadata: { resourceVersion: '1' }, items: [isOfIntercepts ? intercept() : NAMESPACE] }))
  })
  const url = `http://127.0.0.1:${await listen(t, server)}`
  const folder = await mkdtemp(join(tmpdir(), 'waylay-'))
  t.teardown(async () => { await rm(folder, { recursive: true }) })
  const kubeconfig = join(folder, 'config')
  await writeFile(kubeconfig, JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'test',
    clusters: [{ name: 'test', cluster: { server: url, 'insecure-skip-tls-verify': true } }],
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'test' } }],
    users: [{ name: 'test', user: {} }]
  }))
  const put = (object: Intercept): void => { watches.at(-1)?.write(`${JSON.stringify({ type: 'MODIFIED', object })}\n`) }
  return { kubeconfig, put, isWatched: () => watches.length > 0 }
}

async function statusOf (port: number, path: string): Promise<number | undefined> {
  const req = request({ host: '127.0.0.1', port, path, agent: false }).end()
  return await new Promise(resolve => {
    req.on('error', () => resolve(undefined)).on('response', res => { resolve(res.resume().statusCode) })
  })
}

test('a gateway that is told to stop hears until its end of links that are taken back', async t => {
  const appPort = await listen(t, createServer((_req, res) => { res.write('data: 1\n\n') }))
  const { token, preview } = aPreview({ port: appPort })
  const versioned = (resourceVersion: string, previews: readonly Preview[]): Intercept => {
    const intercept = mariasIntercept(previews)
    const status = { fence: 1, renewTime: new Date().toISOString() }
    return { ...intercept, metadata: { ...intercept.metadata, resourceVersion }, status }
  }
  const api = await startApi(t, () => versioned('1', [preview]), appPort)
  const [port, healthPort] = [await freePort(), await freePort()]
  const child = spawn(process.execPath, ['preview/main.ts'], {
    env: {
      KUBECONFIG: api.kubeconfig,
      WAYLAY_PREVIEW_DOMAIN: DOMAIN,
      WAYLAY_PREVIEW_TLS: 'ingress',
      WAYLAY_PORT: String(port),
      WAYLAY_HEALTH_PORT: String(healthPort)
    },
    stdio: 'ignore'
  })
  t.teardown(() => { child.kill('SIGKILL') })
  while (await statusOf(healthPort, '/readyz') !== 200) await sleep(50)
  // Told before, it would tell nobody.
  await until('the gateway hears of changes', api.isWatched)

  const headers = { host: `${preview.name}.${DOMAIN}`, cookie: `__Host-waylay-preview=${token}` }
  const req = request({ host: '127.0.0.1', port, headers, agent: false }).end()
  const [res] = await once(req, 'response') as [IncomingMessage]
  t.is(res.statusCode, 200)
  const cut = new Promise<boolean>(resolve => { res.resume().on('error', () => resolve(child.exitCode === null)) })

  child.kill('SIGTERM')
  api.put(versioned('2', [preview]))
  // Closed when nobody is sent here any more.
  while (await statusOf(healthPort, '/readyz') !== undefined) await sleep(50)
  api.put(versioned('3', []))
  t.is(await Promise.race([cut, sleep(10_000)]), true)
})
