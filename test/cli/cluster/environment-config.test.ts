import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { openCluster, type ClusterFlags } from '../../../cli/cluster/kubeconfig.ts'
import { base64 } from '../helpers/certificate.ts'
import { writeKubeconfig } from '../helpers/kubeconfig.ts'
import { askVersion, makeFolder } from '../helpers/open-cluster.ts'
import { runToEnd } from '../helpers/run-cli.ts'
import { startTlsApiServer } from '../helpers/tls-api-server.ts'

// Against a server with real TLS.

type Env = Readonly<Record<string, string>>

function open (t: ExecutionContext, env: Env, flags: ClusterFlags = {}) {
  const cluster = openCluster(flags, { env, homeDir: '/nowhere' })
  t.teardown(() => { cluster.close() })
  return cluster
}

test('a token, a server and its authority in the environment are enough', async t => {
  const api = await startTlsApiServer(t)
  const folder = await makeFolder(t)
  const file = path.join(folder, 'ca.pem')
  await writeFile(file, api.pair.certificate)
  for (const authority of [api.pair.certificate, base64(api.pair.certificate), file]) {
    const env = { WAYLAY_TOKEN: 'abc.def\n', WAYLAY_SERVER: api.url, WAYLAY_CA: authority, WAYLAY_NAMESPACE: 'shop' }
    const cluster = open(t, env)
    await askVersion(cluster)
    t.is(cluster.namespace, 'shop')
    t.is(api.seen.at(-1)?.headers.authorization, 'Bearer abc.def')
  }
  await t.throwsAsync(askVersion(open(t, { WAYLAY_TOKEN: 'abc', WAYLAY_SERVER: api.url })), { code: 'WAYLAY_NO_CLUSTER' })
})

test('flags win over the token, the token over files of kubectl', async t => {
  const file = await writeKubeconfig(t, 'https://from-file.example')
  const env = { WAYLAY_TOKEN: 'abc', WAYLAY_SERVER: 'https://from-variable.example', KUBECONFIG: file }
  t.is(open(t, env).server.hostname, 'from-variable.example')
  t.is(open(t, env, { namespace: 'other' }).namespace, 'other')
  t.is(open(t, env, { kubeconfig: file }).server.hostname, 'from-file.example')
  t.is(open(t, env, { context: 'test' }).server.hostname, 'from-file.example')
  t.is(open(t, { KUBECONFIG: file, WAYLAY_NAMESPACE: 'other' }).namespace, 'shop')
})

test('a kubeconfig in a variable is read as it is or in base64', t => {
  const text = `
current-context: one
contexts:
- {name: one, context: {cluster: c, user: u, namespace: shop}}
- {name: two, context: {cluster: d, user: u}}
clusters:
- {name: c, cluster: {server: https://one.example}}
- {name: d, cluster: {server: https://two.example}}
users:
- {name: u, user: {token: abc}}`
  for (const data of [text, base64(text), `${base64(text)}\n`]) {
    t.is(open(t, { WAYLAY_KUBECONFIG_DATA: data }).server.hostname, 'one.example')
    t.is(open(t, { WAYLAY_KUBECONFIG_DATA: data }, { context: 'two' }).server.hostname, 'two.example')
  }
})

const SECRET = 'kdh3Q-very-secret'

const REFUSED: readonly (readonly [string, Env, RegExp])[] = [
  ['a token without a server', { WAYLAY_TOKEN: SECRET }, /WAYLAY_TOKEN is set, and WAYLAY_SERVER is not/],
  ['a secret that a fork does not get', { WAYLAY_TOKEN: '', WAYLAY_SERVER: 'https://a.example' }, /WAYLAY_TOKEN is empty, and WAYLAY_SERVER is set[^]*forks/],
  ['a token with a line in it', { WAYLAY_TOKEN: `${SECRET}\nx: y`, WAYLAY_SERVER: 'https://a.example' }, /characters that no token has/],
  ['a server without TLS', { WAYLAY_TOKEN: SECRET, WAYLAY_SERVER: 'http://a.example' }, /no https URL/],
  ['an authority that is none', { WAYLAY_TOKEN: SECRET, WAYLAY_SERVER: 'https://a.example', WAYLAY_CA: SECRET }, /neither a PEM certificate/],
  ['a namespace that is none', { WAYLAY_TOKEN: SECRET, WAYLAY_SERVER: 'https://a.example', WAYLAY_NAMESPACE: 'a/b' }, /not the name of a namespace/],
  ['a token and a kubeconfig', { WAYLAY_TOKEN: SECRET, WAYLAY_KUBECONFIG_DATA: 'x' }, /both set/],
  ['a kubeconfig that is none', { WAYLAY_KUBECONFIG_DATA: `users: [${SECRET}` }, /is no kubeconfig/]
]

test.serial('what a parser wonders about in a kubeconfig is not printed', async t => {
  const warnings: unknown[] = []
  const emitWarning = process.emitWarning.bind(process)
  process.emitWarning = (warning: string | Error) => { warnings.push(warning) }
  t.teardown(() => { process.emitWarning = emitWarning })
  await runToEnd(t, ['list'], { WAYLAY_KUBECONFIG_DATA: `users:\n- {name: u, user: {password: !${SECRET} x}}` })
  t.deepEqual(warnings, [])
})

for (const [what, env, message] of REFUSED) {
  test(`${what} is refused by the variable's name, never its value`, async t => {
    const { exitCode, stderr } = await runToEnd(t, ['list', '--verbose'], env)
    t.is(exitCode, 4)
    t.regex(stderr, message)
    t.regex(stderr, /WAYLAY_CREDENTIALS/)
    t.notRegex(stderr, new RegExp(SECRET))
  })
}
