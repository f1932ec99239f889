import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { splitLine } from '../../../cli/completion/split-line.ts'
import { startFakeApiServer } from '../helpers/fake-api-server.ts'
import { writeKubeconfig } from '../helpers/kubeconfig.ts'
import { runToEnd } from '../helpers/run-cli.ts'
import { startScriptedApi } from '../helpers/scripted-api.ts'

/** What fish would be told: values without their descriptions, and what else it may offer. */
async function offered (t: ExecutionContext, words: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const { exitCode, stdout, stderr } = await runToEnd(t, ['__complete', 'fish', '--', ...words], env)
  t.is(exitCode, 0)
  t.is(stderr, '')
  const lines = stdout.split('\n')
  return { values: lines.slice(0, -1).map(line => line.split('\t', 1)[0]), others: lines.at(-1) }
}

const offers = test.macro(async (t, words: readonly string[], values: readonly string[], others = ':none') => {
  t.deepEqual(await offered(t, words), { values: [...values], others })
})

test('the start of a command is completed to the commands it fits', offers, ['inter'], ['intercept'])
test('a flag is completed among the command\'s and the common ones', offers, ['list', '--o'], ['--output'])
test('the common flags are offered behind every command', offers, ['leave', '--con'], ['--context'])
test('a flag with choices offers them as its value', offers, ['list', '--output', ''], ['text', 'json'])
test('a value joined by "=" is completed as one word', offers, ['list', '--output=j'], ['--output=json'])
test('a flag that takes a file leaves it to the shell', offers, ['list', '--kubeconfig', ''], [], ':files')
test('a value that only the user knows is not guessed', offers, ['intercept', 'payments', '--id', ''], [])
test('words behind "--" are another program\'s', offers, ['intercept', 'payments', '--', 'np'], [], ':command')
test('an argument with choices offers them', offers, ['completion', ''], ['bash', 'zsh', 'fish'])
test('help is followed by the name of a command', offers, ['help', 'lea'], ['leave'])
test('an unknown flag or command does not hinder the rest', offers, ['list', '--what', '-x', '--ou'], ['--output'])
test('a flag whose value is missing is not taken for the command', offers, ['-n', 'list', 'lea'], ['leave'])

test('a command with commands of its own offers those first', offers, ['grant', ''], ['list', 'revoke'])
test('the flags of a command below another are its own', offers, ['grant', 'list', '--all'], ['--all-namespaces'])
test('a name where a grant is made is not guessed', offers, ['grant', 'maria', ''], [])

test('an empty line offers every command but the hidden one', async t => {
  const { values } = await offered(t, [''])

  for (const command of ['intercept', 'list', 'leave', 'install', 'uninstall', 'version', 'completion', 'help']) {
    t.true(values.includes(command), command)
  }
  t.false(values.includes('__complete'))
})

test('contexts come from all kubeconfig files without a network', async t => {
  const dir = await mkdtemp(path.join(tmpdir(), 'waylay-contexts-'))
  t.teardown(async () => { await rm(dir, { recursive: true }) })
  const files = ['one', 'two', 'broken'].map(name => path.join(dir, name))
  const config = (...names: string[]): string => JSON.stringify({ contexts: names.map(name => ({ name })) })
  await writeFile(files[0] ?? '', config('arn:aws:eks:eu-1:12:cluster/shop', 'kind-dev'))
  await writeFile(files[1] ?? '', config('kind-dev', 'kind-other'))
  await writeFile(files[2] ?? '', ': no: yaml')
  const env = { KUBECONFIG: [...files, path.join(dir, 'missing')].join(path.delimiter) }

  t.deepEqual((await offered(t, ['list', '--context', ''], env)).values,
    ['arn:aws:eks:eu-1:12:cluster/shop', 'kind-dev', 'kind-other'])
  t.deepEqual((await offered(t, ['list', '--kubeconfig', files[1] ?? '', '--context', ''], env)).values, ['kind-dev', 'kind-other'])
})

test('bash gets what follows the last break of the word', async t => {
  const dir = await mkdtemp(path.join(tmpdir(), 'waylay-contexts-'))
  t.teardown(async () => { await rm(dir, { recursive: true }) })
  const file = path.join(dir, 'config')
  await writeFile(file, JSON.stringify({ contexts: [{ name: 'arn:aws:eks' }] }))
  const lines = ['waylay list --output=j', `waylay --kubeconfig "${file}" list --context arn:a`]

  const answers = await Promise.all(lines.map(async line =>
    (await runToEnd(t, ['__complete', 'bash', '--', ' \t\n"\'><=;|&(:', line])).stdout))

  t.deepEqual(answers, ['json\n:none', 'aws:eks\n:none'])
})

test('names come from the cluster that the line names', async t => {
  const api = await startFakeApiServer(t)
  const kubeconfig = await writeKubeconfig(t, api.url)
  const named = (...names: string[]) =>
    ({ status: 200, body: { metadata: {}, items: names.map(name => ({ metadata: { name } })) } })
  api.instead.set('GET /api/v1/namespaces/other/services', named('pay'))
  api.instead.set('GET /apis/apps/v1/namespaces/other/deployments', named('payments', 'orders'))
  api.instead.set('GET /apis/apps/v1/namespaces/other/statefulsets', named('ledger'))
  api.instead.set('GET /apis/apps/v1/namespaces/other/daemonsets', { status: 403, body: { message: 'daemonsets cannot' } })
  api.instead.set('GET /api/v1/namespaces', named('shop', 'other'))

  const workloads = await offered(t, ['--kubeconfig', kubeconfig, '-n', 'other', 'intercept', ''])
  const namespaces = await offered(t, ['--kubeconfig', kubeconfig, 'list', '-n', 's'])

  t.deepEqual(workloads.values, ['payments', 'orders', 'statefulset/ledger', 'service/pay'])
  t.deepEqual(namespaces.values, ['shop'])
})

test('grants of the namespace are offered where one is revoked', async t => {
  const api = await startFakeApiServer(t)
  const kubeconfig = await writeKubeconfig(t, api.url)
  const items = ['waylay-grant-maria', 'waylay-grant-jon'].map(name => ({ metadata: { name, namespace: 'shop' } }))
  api.instead.set('GET /api/v1/namespaces/shop/serviceaccounts', { status: 200, body: { metadata: {}, items } })
  api.instead.set('GET /apis/rbac.authorization.k8s.io/v1/namespaces/shop/rolebindings', { status: 200, body: { metadata: {}, items: [] } })

  const { values } = await offered(t, ['--kubeconfig', kubeconfig, 'grant', 'revoke', ''])

  t.deepEqual(values, ['maria', 'jon'])
})

test('links of one\'s own are offered where one is revoked, and no grants', async t => {
  const api = await startFakeApiServer(t)
  const kubeconfig = await writeKubeconfig(t, api.url)
  const items = [['maria', 'p-1', 'p-2'], ['maria'], ['jon', 'p-3']].map(([owner, ...names]) =>
    ({ spec: { owner, ...names.length > 0 && { previews: names.map(name => ({ name })) } } }))
  api.instead.set('GET /apis/waylay.dev/v1alpha1/namespaces/shop/intercepts', { status: 200, body: { metadata: {}, items } })

  t.deepEqual((await offered(t, ['--kubeconfig', kubeconfig, 'preview', 'revoke', ''])).values, ['p-1', 'p-2'])
})

test('a cluster that is not there offers nothing and complains of nothing', async t => {
  const kubeconfig = await writeKubeconfig(t, 'https://127.0.0.1:1')

  t.deepEqual(await offered(t, ['--kubeconfig', kubeconfig, 'intercept', '']), { values: [], others: ':none' })
})

test('a line is split as a shell splits it', t => {
  t.deepEqual(splitLine('waylay  -n "my shop" it\\ is \'a\\b\' "x\\"y"z '), ['waylay', '-n', 'my shop', 'it is', 'a\\b', 'x"yz', ''])
  t.deepEqual(splitLine('waylay "unfinished wo'), ['waylay', 'unfinished wo'])
  t.deepEqual(splitLine(''), [''])
})

test('behind env the tab key offers its commands, workloads and environments', async t => {
  const named = (...names: readonly string[]) =>
    ({ metadata: {}, items: names.map(name => ({ metadata: { name, namespace: 'shop' } })) })
  const { url } = await startScriptedApi(t, {
    'GET /apis/apps/v1/namespaces/shop/deployments': named('payments'),
    'GET /apis/waylay.dev/v1alpha1/namespaces/shop/environments': named('pr-1', 'pr-2')
  })
  const kubeconfig = await writeKubeconfig(t, url)
  const below = async (...words: readonly string[]) => (await offered(t, ['--kubeconfig', kubeconfig, 'env', ...words])).values

  const first = await below('')
  t.true(['payments', 'down', 'extend', 'list'].every(word => first.includes(word)), first.join(' '))
  t.deepEqual(await below('extend', ''), ['pr-1', 'pr-2'])
  t.deepEqual(await below('down', 'pr-1', ''), ['pr-1', 'pr-2'])
})
