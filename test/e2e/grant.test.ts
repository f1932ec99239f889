import { statSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { parse } from 'yaml'
import { startCaller } from '../helpers/caller-pod.ts'
import { eventually, getJson, kubectl, runProgram, theCluster, tryKubectl } from '../helpers/kube.ts'
import { makeNamespace } from '../helpers/namespace.ts'
import { startProgram } from '../helpers/program.ts'
import { openAdministrator } from '../helpers/user-with-rights.ts'
import { startIntercept, waylay } from '../helpers/waylay.ts'
import { deployApp, urlOf, type Pod } from '../helpers/workload.ts'

const ACCOUNT = 'waylay-grant-maria'

test('a CI job intercepts, lists and leaves with a grant, until it is revoked', async t => {
  const namespace = await makeNamespace(t)
  await deployApp(namespace)
  const program = await startProgram(t, 'ci')
  const file = join((await openAdministrator(t)).folder, 'ci.kubeconfig')

  const made = await waylay(['grant', 'maria', '-n', namespace, '--ci', '--ttl', '10m', '--out', file])
  t.is(made.exitCode, 0, made.stderr)
  t.log(made.stderr)
  t.is(made.stdout, '')
  t.is(statSync(file).mode & 0o777, 0o600)
  const as = { kubeconfig: file }
  // No namespace is named: the kubeconfig says it.
  const ran = await waylay(['intercept', 'app', '--port', String(program.port), '--id', 'maria-12345678', '--for', '3s'], as)
  t.is(ran.exitCode, 0, ran.stderr)
  t.is((await waylay(['list', '-n', namespace], as)).exitCode, 0)
  t.is((await waylay(['logs', 'app'], as)).exitCode, 3, 'no logs')
  const { kubectl: kubectlFile } = await theCluster()
  const seen = await runProgram(kubectlFile, ['--kubeconfig', file, 'auth', 'whoami', '-o', 'json'])
  t.regex(seen.stdout, new RegExp(`system:serviceaccount:${namespace}:${ACCOUNT}`))

  t.is((await waylay(['grant', 'revoke', 'maria', '-n', namespace])).exitCode, 0)
  const startedMs = performance.now()
  await eventually('the token is refused', async () =>
    (await waylay(['list'], as)).exitCode === 3 ? true : undefined, { timeoutMs: 30_000 })
  t.log(`refused ${((performance.now() - startedMs) / 1000).toFixed(1)} s after it was revoked`)
  for (const kind of ['serviceaccount', 'rolebinding']) {
    t.regex((await tryKubectl(['-n', namespace, 'get', kind, ACCOUNT])).stderr, /NotFound/)
  }
})

test('an intercept that stands by a grant ends when it is revoked', async t => {
  const namespace = await makeNamespace(t)
  const [pod] = await deployApp(namespace) as [Pod]
  const [caller, program] = [await startCaller(t, namespace), await startProgram(t, 'maria')]
  const made = await waylay(['grant', 'maria', '-n', namespace, '--ttl', '10m'])
  const kubeconfig = (await openAdministrator(t)).fileOf(made.stdout)
  const headers = { 'x-waylay-id': 'maria-12345678' }
  const intercept = await startIntercept(t, ['app', '--port', String(program.port), '--id', headers['x-waylay-id']], { kubeconfig })
  t.is((await caller.request(urlOf(pod), headers)).json.answeredBy, 'maria')

  const revoked = await waylay(['grant', 'revoke', 'maria', '-n', namespace])
  const startedMs = performance.now()
  t.regex(revoked.stdout, /Ended its intercept of deployment\/app port 8080/)
  const exitCode = await intercept.ended
  t.log(`ended with ${exitCode} ${((performance.now() - startedMs) / 1000).toFixed(1)} s after it was revoked`)
  t.not(exitCode, 0)
  t.is((await caller.request(urlOf(pod), headers)).json.answeredBy, 'app')
})

test('a grant is renewed, listed by its last end, and gone with the account', async t => {
  const namespace = await makeNamespace(t, { inject: false })
  type Listed = { readonly grants: readonly { name: string, endsAt: string, state: string }[] }
  const give = async (ttl: string) => {
    const { stdout, stderr, exitCode } = await waylay(['grant', 'maria', '-n', namespace, '--ttl', ttl, '-o', 'json'])
    t.is(exitCode, 0, stderr)
    return JSON.parse(stdout) as { readonly endsAt: string, readonly renewed: boolean }
  }
  const list = async () => {
    const { stdout } = await waylay(['grant', 'list', '-n', namespace, '-o', 'json'])
    return (JSON.parse(stdout) as Listed).grants
  }

  const [long, short] = [await give('2h'), await give('10m')]
  t.deepEqual([long.renewed, short.renewed], [false, true])
  t.true(Date.parse(short.endsAt) < Date.parse(long.endsAt))
  t.is(Date.parse((await list())[0]?.endsAt ?? ''), Date.parse(long.endsAt), 'the longer token lives on')

  await kubectl(['-n', namespace, 'annotate', 'serviceaccount', ACCOUNT, '--overwrite',
    'waylay.dev/grant-ends=2026-01-01T00:00:00Z'])
  t.like((await list())[0], { name: 'maria', state: 'ended' })
  const next = await waylay(['grant', 'jon', '-n', namespace])
  t.regex(next.stderr, /^Removed the grant of "maria", which had ended/)
  t.deepEqual((await list()).map(({ name }) => name), ['jon'])

  await kubectl(['-n', namespace, 'delete', 'serviceaccount', 'waylay-grant-jon'])
  await eventually('its binding goes with it', async () => {
    const { items } = await getJson<{ items: readonly unknown[] }>(['-n', namespace, 'rolebindings'])
    return items.length === 0 ? true : undefined
  })
})

test('what cannot be granted is refused and leaves nothing', async t => {
  const namespace = await makeNamespace(t, { inject: false })
  await kubectl(['-n', namespace, 'create', 'serviceaccount', ACCOUNT])
  const administrator = await openAdministrator(t)
  const kubeconfig = await administrator.makeUser(namespace, 'granter', [
    { apiGroups: [''], resources: ['serviceaccounts', 'serviceaccounts/token'], verbs: ['*'] },
    { apiGroups: ['rbac.authorization.k8s.io'], resources: ['rolebindings'], verbs: ['*'] }
  ])

  const taken = await waylay(['grant', 'maria', '-n', namespace])
  const nowhere = await waylay(['grant', 'maria', '-n', 'not-there'])
  const mayNot = await waylay(['grant', 'jon', '-n', namespace], { kubeconfig })

  t.is(taken.exitCode, 6, taken.stderr)
  t.is(nowhere.exitCode, 2, nowhere.stderr)
  t.regex(nowhere.stderr, /^There is no namespace "not-there"/)
  t.is(mayNot.exitCode, 3, mayNot.stderr)
  t.regex(mayNot.stderr, /^You may not bind clusterroles.rbac.authorization.k8s.io "waylay-developer"/)
  t.log(mayNot.stderr)
  const { items } = await getJson<{ items: readonly { metadata: { name: string } }[] }>(['-n', namespace, 'serviceaccounts'])
  t.deepEqual(items.map(({ metadata }) => metadata.name).filter(name => name.startsWith('waylay-')), [ACCOUNT])
  t.truthy(parse((await waylay(['grant', 'jon', '-n', namespace])).stdout))
})
