import { once } from 'node:events'
import test, { type ExecutionContext } from 'ava'
import { openPortForward } from '../../../cli/cluster/port-forward.ts'
import type { Cluster } from '../../../cli/cluster/kubeconfig.ts'
import { base64, makeCertificate } from '../helpers/certificate.ts'
import { askVersion, openWritten } from '../helpers/open-cluster.ts'
import { startConnectProxy, startSocksProxy, type TestProxy } from '../helpers/proxies.ts'
import { startTlsApiServer, type TlsApiServer } from '../helpers/tls-api-server.ts'

// A name that only the proxy can resolve: whoever went past it would reach nothing.
const NAME = 'api.example'

type Where = {
  readonly proxyUrl?: string
  readonly env?: Readonly<Record<string, string>>
  /** Trusted beside the server's own. */
  readonly authority?: string
}

async function openBehind (t: ExecutionContext, { proxyUrl, env, authority }: Where) {
  const api = await startTlsApiServer(t, [NAME])
  const cluster = await openWritten(t, {
    cluster: {
      server: `https://${NAME}:${api.port}`,
      'certificate-authority-data': base64(`${api.pair.certificate}\n${authority ?? ''}`),
      ...(proxyUrl !== undefined && { 'proxy-url': proxyUrl })
    },
    user: { token: 'abc' },
    ...(env !== undefined && { env })
  })
  return { api, cluster }
}

/** A request and a port-forward that carries bytes both ways, all of it through the proxy. */
async function passesThrough (
  t: ExecutionContext, { api, cluster }: { api: TlsApiServer, cluster: Cluster }, proxy: TestProxy
): Promise<void> {
  t.deepEqual(await askVersion(cluster), { gitVersion: 'v1.34.4' })
  await askVersion(cluster)
  const stream = await openPortForward(cluster, 'shop', 'payments-1', 15900)
  stream.write('hello')
  const [echo] = await once(stream, 'data') as [Buffer]
  stream.destroy()
  t.is(echo.toString(), 'hello')
  t.deepEqual(api.seen.map(({ headers }) => headers.authorization), ['Bearer abc', 'Bearer abc', 'Bearer abc'])
  t.true(api.seen.every(({ serverName }) => serverName === NAME))
  t.deepEqual([...new Set(proxy.asked)], [`${NAME}:${api.port}`])
  t.true(proxy.asked.length <= 2, 'a connection is kept for the next request')
}

test('HTTPS_PROXY leads requests and port-forwards through CONNECT', async t => {
  const proxy = await startConnectProxy(t)
  await passesThrough(t, await openBehind(t, { env: { HTTPS_PROXY: `http://127.0.0.1:${proxy.port}` } }), proxy)
  t.is(proxy.credentials[0], undefined)
})

test('user and password of the proxy\'s URL are sent to it, decoded', async t => {
  const proxy = await startConnectProxy(t)
  await passesThrough(t, await openBehind(t, { env: { https_proxy: `http://maria:p%40ss@127.0.0.1:${proxy.port}` } }), proxy)
  t.is(proxy.credentials[0], `Basic ${base64('maria:p@ss')}`)
})

test('the kubeconfig\'s proxy-url is used instead of HTTPS_PROXY', async t => {
  const [used, unused] = await Promise.all([startConnectProxy(t), startConnectProxy(t)])
  await passesThrough(t, await openBehind(t, {
    proxyUrl: `http://127.0.0.1:${used.port}`, env: { HTTPS_PROXY: `http://127.0.0.1:${unused.port}`, NO_PROXY: '*' }
  }), used)
  t.is(unused.asked.length, 0)
})

test('a proxy may itself be reached by TLS, with a certificate that is checked', async t => {
  const pair = await makeCertificate('proxy', '127.0.0.1')
  const proxy = await startConnectProxy(t, { pair })
  const proxyUrl = `https://127.0.0.1:${proxy.port}`
  await passesThrough(t, await openBehind(t, { proxyUrl, authority: pair.certificate }), proxy)

  const { api, cluster } = await openBehind(t, { proxyUrl })
  await t.throwsAsync(askVersion(cluster), { code: 'WAYLAY_PROXY', message: /SELF_SIGNED|UNABLE_TO_VERIFY/ })
  t.is(api.seen.length, 0)
})

test('a proxy at an address of IPv6 is reached', async t => {
  const proxy = await startConnectProxy(t, { host: '::1' })
  await passesThrough(t, await openBehind(t, { proxyUrl: `http://[::1]:${proxy.port}` }), proxy)
})

test('a SOCKS5 proxy resolves the name of the server itself', async t => {
  const proxy = await startSocksProxy(t)
  await passesThrough(t, await openBehind(t, { proxyUrl: `socks5://127.0.0.1:${proxy.port}` }), proxy)
})

test('a SOCKS5 proxy gets user and password of its URL', async t => {
  const proxy = await startSocksProxy(t, 'p@ss')
  await passesThrough(t, await openBehind(t, { proxyUrl: `socks5://maria:p%40ss@127.0.0.1:${proxy.port}` }), proxy)
  t.is(proxy.credentials[0], 'maria:p@ss')
})

test('a server that NO_PROXY names is reached past the proxy', async t => {
  const proxy = await startConnectProxy(t)
  const { cluster } = await openBehind(t, { env: { HTTPS_PROXY: `http://127.0.0.1:${proxy.port}`, NO_PROXY: '.example' } })
  await t.throwsAsync(askVersion(cluster), { code: 'WAYLAY_NO_CLUSTER', message: /does not resolve/ })
  t.is(proxy.asked.length, 0)
})

test('a proxy that refuses or is not there is named without its password', async t => {
  const wants = await startConnectProxy(t, { status: 407 })
  const forbids = await startConnectProxy(t, { status: 403 })
  const cases: [string, RegExp, RegExp][] = [
    [`http://u:hush@127.0.0.1:${wants.port}`, /refused a connection to api\.example:\d+: 407/, /user and password/],
    [`http://u:hush@127.0.0.1:${forbids.port}`, /: 403/, /allow CONNECT/],
    ['http://u:hush@127.0.0.1:1', /Cannot reach the cluster through the proxy http:\/\/127\.0\.0\.1:1: ECONNREFUSED/, /HTTPS_PROXY/],
    ['socks5://u:hush@127.0.0.1:1', /through the proxy socks5:\/\/127\.0\.0\.1:1/, /HTTPS_PROXY/]
  ]
  for (const [proxyUrl, message, hint] of cases) {
    const { cluster } = await openBehind(t, { proxyUrl })
    for (const attempt of [askVersion(cluster), openPortForward(cluster, 'shop', 'payments-1', 15900)]) {
      const error = await t.throwsAsync<Error & { hint: string }>(attempt, { code: 'WAYLAY_PROXY', message })
      t.regex(error?.hint ?? '', hint)
      t.notRegex(error?.message ?? '', /hush/)
    }
  }
})
