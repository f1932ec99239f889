import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import test, { type ExecutionContext } from 'ava'
import type { ClusterEntry } from '../../../cli/cluster/kubeconfig-file.ts'
import { openPortForward } from '../../../cli/cluster/port-forward.ts'
import { base64, makeCertificate } from '../helpers/certificate.ts'
import { askVersion, makeFolder, openWritten } from '../helpers/open-cluster.ts'
import { startTlsApiServer } from '../helpers/tls-api-server.ts'

type Choose = (certificate: string) => Partial<ClusterEntry>

async function connect (t: ExecutionContext, names: readonly string[], choose: Choose, host?: string) {
  const api = await startTlsApiServer(t, names, host)
  const cluster = await openWritten(t, { cluster: { server: api.url, ...choose(api.pair.certificate) } })
  return {
    api,
    ask: async () => await askVersion(cluster),
    forward: async () => (await openPortForward(cluster, 'shop', 'payments-1', 15900)).destroy()
  }
}

const trusted = test.macro(async (t, names: readonly string[], choose: Choose, host?: string) => {
  const { ask, forward } = await connect(t, names, choose, host)
  await t.notThrowsAsync(ask())
  await t.notThrowsAsync(forward())
})

const refused = test.macro(async (t, names: readonly string[], choose: Choose, message: RegExp) => {
  const { api, ask, forward } = await connect(t, names, choose)
  await t.throwsAsync(ask(), { code: 'WAYLAY_NO_CLUSTER', message })
  await t.throwsAsync(forward(), { code: 'WAYLAY_NO_CLUSTER', message })
  t.is(api.seen.length, 0, 'no credential reached it')
})

const withCa = (extra: Partial<ClusterEntry> = {}): Choose => certificate =>
  ({ 'certificate-authority-data': base64(certificate), ...extra })

test('a certificate of the kubeconfig\'s authority is trusted', trusted, ['127.0.0.1'], withCa())
test('a certificate of an authority nobody named is refused', refused, ['127.0.0.1'], () => ({}), /certificate is not signed/)
test('a certificate for another name is refused', refused, ['other.example'], withCa(), /is for another name/)
test('tls-server-name says for which name it must be', trusted, ['api.example'], withCa({ 'tls-server-name': 'api.example' }))
test('tls-server-name may be an address', trusted, ['10.9.8.7'], withCa({ 'tls-server-name': '10.9.8.7' }))
test('tls-server-name of another name is refused', refused, ['127.0.0.1'], withCa({ 'tls-server-name': 'x.example' }), /another name/)
test('tls-server-name of another address is refused', refused, ['127.0.0.1'], withCa({ 'tls-server-name': '10.0.0.1' }), /another name/)
test('insecure-skip-tls-verify trusts whatever answers', trusted, ['other.example'], () => ({ 'insecure-skip-tls-verify': true }))
test('a server at an address of IPv6 is reached and checked', trusted, ['::1'], withCa(), '::1')

test('the name that is asked for is told to the server', async t => {
  const { api, ask } = await connect(t, ['api.example'], withCa({ 'tls-server-name': 'api.example' }))
  await ask()
  t.is(api.seen[0]?.serverName, 'api.example')
})

test('an authority may lie in a file, and one that is missing is named', async t => {
  const api = await startTlsApiServer(t)
  const folder = await makeFolder(t)
  const open = async () => await openWritten(t, { cluster: { server: api.url, 'certificate-authority': 'ca.pem' } }, folder)
  await t.throwsAsync(open(), { code: 'WAYLAY_NO_CLUSTER', message: /certificate-authority.*ca\.pem/ })
  await writeFile(path.join(folder, 'ca.pem'), api.pair.certificate)
  await t.notThrowsAsync(askVersion(await open()))
})

test('an authority beside insecure-skip-tls-verify is a contradiction', async t => {
  const { certificate } = await makeCertificate('x')
  await t.throwsAsync(openWritten(t, {
    cluster: { server: 'https://a.example', 'certificate-authority-data': base64(certificate), 'insecure-skip-tls-verify': true }
  }), { code: 'WAYLAY_NO_CLUSTER', message: /only one can be meant/ })
})
