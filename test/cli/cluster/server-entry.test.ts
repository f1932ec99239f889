import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { readServerEntry } from '../../../cli/cluster/server-entry.ts'

async function read (t: ExecutionContext, cluster: object) {
  const dir = await mkdtemp(path.join(tmpdir(), 'waylay-entry-'))
  t.teardown(async () => { await rm(dir, { recursive: true }) })
  await writeFile(path.join(dir, 'ca.crt'), 'the authority')
  const kubeconfig = path.join(dir, 'config')
  await writeFile(kubeconfig, JSON.stringify({
    'current-context': 'a',
    contexts: [{ name: 'a', context: { cluster: 'c', user: 'u' } }],
    clusters: [{ name: 'other', cluster: { server: 'https://other' } }, { name: 'c', cluster }],
    users: [{ name: 'u', user: { token: 'secret-token' } }]
  }))
  return readServerEntry({ kubeconfig }, { env: {}, homeDir: '' })
}

test('the entry of the cluster is handed on with its files read in', async t => {
  const { entry, warnings } = await read(t, {
    server: 'https://10.0.0.1:6443',
    'certificate-authority': 'ca.crt',
    'tls-server-name': 'kubernetes.default',
    'proxy-url': 'socks5://proxy:1080',
    extensions: [{ name: 'of the administrator', extension: {} }]
  })

  t.deepEqual(entry, {
    server: 'https://10.0.0.1:6443',
    'tls-server-name': 'kubernetes.default',
    'certificate-authority-data': Buffer.from('the authority').toString('base64'),
    'proxy-url': 'socks5://proxy:1080'
  })
  t.deepEqual(warnings, [])
})

test('the password of a proxy is not handed on, and that is said', async t => {
  const { entry, warnings } = await read(t, { server: 'https://s', 'proxy-url': 'http://admin:secret@proxy:3128' })

  t.deepEqual(entry, { server: 'https://s', 'proxy-url': 'http://proxy:3128/' })
  t.regex(warnings.join('\n'), /^Warning: your name and password for the proxy are left out/)
})

test('an unchecked certificate stays unchecked with a warning', async t => {
  const { entry, warnings } = await read(t, { server: 'https://s', 'insecure-skip-tls-verify': true })

  t.deepEqual(entry, { server: 'https://s', 'insecure-skip-tls-verify': true })
  t.is(warnings.length, 1)
})

test('a file of the authority that is not there is named', async t => {
  await t.throwsAsync(read(t, { server: 'https://s', 'certificate-authority': 'gone.crt' }), { message: /gone\.crt/ })
})
