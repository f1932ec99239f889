import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import test from 'ava'
import { inClusterConfig } from '../../../cli/cluster/in-cluster.ts'
import { openCluster } from '../../../cli/cluster/kubeconfig.ts'
import { loadKubeconfig } from '../../../cli/cluster/kubeconfig-file.ts'
import { makeFolder } from '../helpers/open-cluster.ts'

const FIRST = `
current-context: one
contexts:
- {name: one, context: {cluster: c, user: u}}
clusters:
- {name: c, cluster: {server: https://first.example, certificate-authority: ca.pem}}
users:
- name: u
  user: {client-certificate: certs/u.pem, client-key: /keys/u.key, tokenFile: token, exec: {command: ./bin/login}}
- {name: bare, user: {exec: {command: aws}}}
`
const SECOND = `
current-context: two
contexts:
- {name: two, context: {cluster: c, user: v, namespace: shop}}
clusters:
- {name: c, cluster: {server: https://second.example}}
- {name: d, cluster: {server: https://third.example}}
users: []
`

test('of several files the first that says something wins, as with kubectl', async t => {
  const folder = await makeFolder(t)
  const files = ['missing', 'a', 'b', 'a'].map(name => path.join(folder, name))
  await writeFile(path.join(folder, 'a'), FIRST)
  await writeFile(path.join(folder, 'b'), SECOND)

  const config = loadKubeconfig(undefined, { env: { KUBECONFIG: files.join(path.delimiter) }, homeDir: '' })

  t.is(config?.currentContext, 'one')
  t.deepEqual([...config?.contexts.keys() ?? []].sort(), ['one', 'two'])
  t.is(config?.clusters.get('c')?.server, 'https://first.example')
  t.is(config?.clusters.get('d')?.server, 'https://third.example')
})

test('paths in a kubeconfig start where the file lies', async t => {
  const folder = await makeFolder(t)
  await writeFile(path.join(folder, 'a'), FIRST)

  const config = loadKubeconfig(path.join(folder, 'a'), { env: {}, homeDir: '' })

  t.is(config?.clusters.get('c')?.['certificate-authority'], path.join(folder, 'ca.pem'))
  t.like(config?.users.get('u'), {
    'client-certificate': path.join(folder, 'certs/u.pem'),
    'client-key': '/keys/u.key',
    tokenFile: path.join(folder, 'token'),
    exec: { command: path.join(folder, 'bin/login') }
  })
  t.is(config?.users.get('bare')?.exec?.command, 'aws')
})

test('without KUBECONFIG the file below the home folder is read', async t => {
  const homeDir = await makeFolder(t)
  t.is(loadKubeconfig(undefined, { env: { KUBECONFIG: '' }, homeDir }), undefined)
  await mkdir(path.join(homeDir, '.kube'))
  await writeFile(path.join(homeDir, '.kube', 'config'), SECOND)

  t.is(loadKubeconfig(undefined, { env: {}, homeDir })?.currentContext, 'two')
  t.is(loadKubeconfig(undefined, { env: { HOME: homeDir }, homeDir: '/nobody' })?.currentContext, 'two')
})

test('a file that is named and cannot be read is an error that names it', async t => {
  const folder = await makeFolder(t)
  await writeFile(path.join(folder, 'broken'), 'clusters: [}')
  await writeFile(path.join(folder, 'text'), 'hello')
  await writeFile(path.join(folder, 'shape'), 'clusters: {a: b}')
  for (const name of ['missing', 'broken', 'text', 'shape']) {
    const error = t.throws(() => loadKubeconfig(path.join(folder, name), { env: {}, homeDir: '' }))
    t.like(error, { code: 'WAYLAY_NO_CLUSTER' })
    t.true(error?.message.includes(path.join(folder, name)))
  }
})

test('a context, its cluster or its user that is not there is named', async t => {
  const folder = await makeFolder(t)
  await writeFile(path.join(folder, 'a'), 'contexts: [{name: x, context: {cluster: no}}, {name: y, context: {cluster: c, user: no}}]\nclusters: [{name: c, cluster: {server: "https://a.example"}}]')
  const open = (context?: string) => () => openCluster({ kubeconfig: path.join(folder, 'a'), ...(context && { context }) }, { env: {}, homeDir: '' })
  t.throws(open(), { message: 'The kubeconfig has no current context; it holds: x, y' })
  t.throws(open('z'), { message: 'The kubeconfig has no context "z"; it holds: x, y' })
  t.throws(open('x'), { message: /names the cluster "no"/ })
  t.throws(open('y'), { message: /names the user "no"/ })
})

test('without any kubeconfig the message says where it was looked for', t => {
  const open = (env: Record<string, string>) => () => openCluster({}, { env, homeDir: '/nobody' })
  t.throws(open({}), { message: /KUBECONFIG is not set and ~\/\.kube\/config does not exist/ })
  t.throws(open({ KUBECONFIG: '/no/such' }), { message: /KUBECONFIG names \/no\/such/ })
})

test('a pod without a kubeconfig uses its service account', async t => {
  const folder = await makeFolder(t)
  const env = { KUBERNETES_SERVICE_HOST: 'fd00::1', KUBERNETES_SERVICE_PORT: '443' }
  t.is(inClusterConfig({ env, homeDir: '' }, folder), undefined, 'no token')
  await writeFile(path.join(folder, 'token'), 'abc')
  await writeFile(path.join(folder, 'namespace'), 'shop\n')
  t.is(inClusterConfig({ env: {}, homeDir: '' }, folder), undefined, 'no pod')

  const config = inClusterConfig({ env, homeDir: '' }, folder)

  t.is(config?.clusters.get('in-cluster')?.server, 'https://[fd00::1]:443')
  t.is(config?.clusters.get('in-cluster')?.['certificate-authority'], path.join(folder, 'ca.crt'))
  t.is(config?.users.get('in-cluster')?.tokenFile, path.join(folder, 'token'))
  t.is(config?.contexts.get('in-cluster')?.namespace, 'shop')
})
