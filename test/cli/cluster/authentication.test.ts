import { chmod, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import test, { type ExecutionContext } from 'ava'
import type { ExecEntry, UserEntry } from '../../../cli/cluster/kubeconfig-file.ts'
import { openPortForward } from '../../../cli/cluster/port-forward.ts'
import { base64, makeCertificate } from '../helpers/certificate.ts'
import { askVersion, makeFolder, openWritten } from '../helpers/open-cluster.ts'
import { startTlsApiServer } from '../helpers/tls-api-server.ts'

// Against a server with real TLS, for requests and for port-forwards, which take another way through Node.

async function start (t: ExecutionContext, user: UserEntry, folder?: string) {
  const api = await startTlsApiServer(t)
  const cluster = await openWritten(t, {
    cluster: { server: api.url, 'certificate-authority-data': base64(api.pair.certificate) },
    user,
    env: { PATH: process.env['PATH'] ?? '' }
  }, folder)
  const forward = async () => (await openPortForward(cluster, 'shop', 'payments-1', 15900)).destroy()
  return { api, cluster, forward }
}

/** A plugin that counts its runs and prints what it is told. */
async function makePlugin (t: ExecutionContext, status: string, extra: Partial<ExecEntry> = {}) {
  const folder = await makeFolder(t)
  const runs = path.join(folder, 'runs')
  await writeFile(path.join(folder, 'plugin.cjs'), `
    const { appendFileSync, readFileSync } = require('fs')
    appendFileSync(${JSON.stringify(runs)}, JSON.stringify({ info: process.env.KUBERNETES_EXEC_INFO, extra: process.env.EXTRA }) + '\\n')
    const run = readFileSync(${JSON.stringify(runs)}, 'utf8').trim().split('\\n').length
    console.log(JSON.stringify({
      apiVersion: 'client.authentication.k8s.io/v1', kind: 'ExecCredential', status: ${status}
    }))`)
  const exec: ExecEntry = {
    apiVersion: 'client.authentication.k8s.io/v1',
    command: process.execPath,
    args: [path.join(folder, 'plugin.cjs')],
    interactiveMode: 'IfAvailable',
    ...extra
  }
  const read = async () => (await readFile(runs, 'utf8').catch(() => '')).trim().split('\n').filter(Boolean)
    .map(line => JSON.parse(line) as { readonly info: string, readonly extra?: string })
  return { exec, runs: read }
}

test('a token goes along with requests and with port-forwards', async t => {
  const { api, cluster, forward } = await start(t, { token: 'abc' })
  await askVersion(cluster)
  await forward()
  t.deepEqual(api.seen.map(({ headers }) => headers.authorization), ['Bearer abc', 'Bearer abc'])
})

test('a file with a token is read again at each use and wins over a token', async t => {
  const folder = await makeFolder(t)
  const file = path.join(folder, 'token')
  await writeFile(file, 'first\n')
  const { api, cluster, forward } = await start(t, { token: 'old', tokenFile: 'token' }, folder)
  await askVersion(cluster)
  await writeFile(file, 'second\n')
  await askVersion(cluster)
  await forward()
  t.deepEqual(api.seen.map(({ headers }) => headers.authorization), ['Bearer first', 'Bearer second', 'Bearer second'])
})

test('user name and password are sent as basic authentication', async t => {
  const { api, cluster } = await start(t, { username: 'maria', password: 'a:b' })
  await askVersion(cluster)
  t.is(api.seen[0]?.headers.authorization, `Basic ${base64('maria:a:b')}`)
})

test('a client certificate is shown, from data or from files', async t => {
  const pair = await makeCertificate('maria')
  const folder = await makeFolder(t)
  await writeFile(path.join(folder, 'u.pem'), pair.certificate)
  await writeFile(path.join(folder, 'u.key'), pair.key)
  const users: UserEntry[] = [
    { 'client-certificate-data': base64(pair.certificate), 'client-key-data': base64(pair.key) },
    { 'client-certificate': 'u.pem', 'client-key': 'u.key' }
  ]
  for (const user of users) {
    const { api, cluster, forward } = await start(t, user, folder)
    await askVersion(cluster)
    await forward()
    t.deepEqual(api.seen.map(({ certificate }) => certificate), ['maria', 'maria'])
  }
})

test('an impersonated user, its groups and what else is known of it go along', async t => {
  const { api, cluster, forward } = await start(t, {
    token: 'abc', as: 'peter', 'as-uid': '7', 'as-groups': ['dev', 'ops'], 'as-user-extra': { 'acme.com/team': ['a', 'b'] }
  })
  await askVersion(cluster)
  await forward()
  for (const { headers, rawHeaders } of api.seen) {
    t.is(headers['impersonate-user'], 'peter')
    t.is(headers['impersonate-uid'], '7')
    t.is(rawHeaders.filter(name => name === 'Impersonate-Group').length, 2)
    t.is(headers['impersonate-group'], 'dev, ops')
    t.is(headers['impersonate-extra-acme.com%2fteam'], 'a, b')
  }
  await t.throwsAsync(start(t, { 'as-groups': ['dev'] }).then(async other => await askVersion(other.cluster)),
    { code: 'WAYLAY_CREDENTIALS' })
})

test('a plugin is run once for many requests and told about the cluster', async t => {
  const plugin = await makePlugin(t, '{ token: "run-" + run }', { provideClusterInfo: true, env: [{ name: 'EXTRA', value: 'yes' }] })
  const { api, cluster, forward } = await start(t, { exec: plugin.exec })
  await Promise.all([askVersion(cluster), askVersion(cluster), forward()])
  t.deepEqual(new Set(api.seen.map(({ headers }) => headers.authorization)), new Set(['Bearer run-1']))
  const [run] = await plugin.runs()
  t.is(run?.extra, 'yes')
  t.like(JSON.parse(run?.info ?? ''), {
    kind: 'ExecCredential',
    apiVersion: 'client.authentication.k8s.io/v1',
    spec: { interactive: false, cluster: { server: api.url, 'certificate-authority-data': base64(api.pair.certificate) } }
  })
})

test('a plugin is asked again when what it gave has expired', async t => {
  const plugin = await makePlugin(t, '{ token: "run-" + run, expirationTimestamp: new Date(Date.now() + (run === 1 ? 5000 : 3.6e6)).toISOString() }')
  const { api, cluster } = await start(t, { exec: plugin.exec })
  await askVersion(cluster)
  await askVersion(cluster)
  await askVersion(cluster)
  t.deepEqual(api.seen.map(({ headers }) => headers.authorization), ['Bearer run-1', 'Bearer run-2', 'Bearer run-2'])
})

test('a refused token of a plugin is asked for again, once for each request', async t => {
  const plugin = await makePlugin(t, '{ token: "run-" + run }')
  const { api, cluster, forward } = await start(t, { exec: plugin.exec })
  api.refuses = ({ headers }) => headers.authorization === 'Bearer run-1'
  await askVersion(cluster)
  t.deepEqual(api.seen.map(({ headers }) => headers.authorization), ['Bearer run-1', 'Bearer run-2'])

  api.refuses = ({ headers }) => headers.authorization === 'Bearer run-2'
  await forward()
  t.is(api.seen.at(-1)?.headers.authorization, 'Bearer run-3')

  api.refuses = () => true
  await t.throwsAsync(askVersion(cluster), { code: 'WAYLAY_FORBIDDEN', message: /does not accept your credentials/ })
  await t.throwsAsync(forward(), { code: 'WAYLAY_FORBIDDEN' })
  t.is((await plugin.runs()).length, 5)
})

test('a refused token that nobody can renew is not sent twice', async t => {
  const { api, cluster, forward } = await start(t, { token: 'abc' })
  api.refuses = () => true
  await t.throwsAsync(askVersion(cluster), { code: 'WAYLAY_FORBIDDEN' })
  await t.throwsAsync(forward(), { code: 'WAYLAY_FORBIDDEN' })
  t.is(api.seen.length, 2)
})

test('a plugin may give a client certificate', async t => {
  const pair = await makeCertificate('plugin-user')
  const plugin = await makePlugin(t,
    JSON.stringify({ clientCertificateData: pair.certificate, clientKeyData: pair.key }))
  const { api, cluster, forward } = await start(t, { exec: plugin.exec })
  await askVersion(cluster)
  await forward()
  t.deepEqual(api.seen.map(({ certificate }) => certificate), ['plugin-user', 'plugin-user'])
})

test('a plugin that fails is named with what went wrong', async t => {
  const node = { apiVersion: 'client.authentication.k8s.io/v1', command: process.execPath } as const
  const cases: [ExecEntry, RegExp][] = [
    [{ ...node, command: 'no-such-plugin', installHint: 'Install it.' }, /"no-such-plugin": there is no such program/],
    [{ ...node, args: ['-e', 'process.exit(3)'] }, /exit code 3/],
    [{ ...node, args: ['-e', 'console.log("hello")'] }, /no JSON/],
    [{ ...node, args: ['-e', 'console.log("{}")'] }, /no ExecCredential/],
    [{ ...node, apiVersion: 'client.authentication.k8s.io/v1alpha1' }, /v1alpha1/],
    [(await makePlugin(t, '{}')).exec, /neither token nor certificate/],
    [(await makePlugin(t, '{ clientKeyData: "x" }')).exec, /only one of/],
    [(await makePlugin(t, '{ token: "x" }', { interactiveMode: 'Always' })).exec, /no terminal/]
  ]
  for (const [exec, message] of cases) {
    const { cluster } = await start(t, { exec })
    const error = await t.throwsAsync(askVersion(cluster), { code: 'WAYLAY_CREDENTIALS', message })
    if (exec.installHint !== undefined) t.like(error, { hint: 'Install it.' })
  }
})

test('a plugin beside the kubeconfig is started from there', async t => {
  const folder = await makeFolder(t)
  const plugin = path.join(folder, 'login')
  await writeFile(plugin, '#!/bin/sh\necho \'{"apiVersion":"client.authentication.k8s.io/v1beta1","kind":"ExecCredential","status":{"token":"near"}}\'\n')
  await chmod(plugin, 0o755)
  const { api, cluster } = await start(t,
    { exec: { apiVersion: 'client.authentication.k8s.io/v1beta1', command: './login' } }, folder)
  await askVersion(cluster)
  t.is(api.seen[0]?.headers.authorization, 'Bearer near')
})

test('an auth-provider of the old kind is refused by name', async t => {
  await t.throwsAsync(start(t, { 'auth-provider': { name: 'gcp' } }),
    { code: 'WAYLAY_CREDENTIALS', message: /auth-provider "gcp"/ })
})
