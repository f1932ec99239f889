import test, { type ExecutionContext } from 'ava'
import { forbid, startEnvironmentApi } from '../helpers/environment-api.ts'
import { fitsSchema } from '../helpers/fits-schema.ts'
import { writeKubeconfig } from '../helpers/kubeconfig.ts'
import { runToEnd, startCli } from '../helpers/run-cli.ts'
import { until } from '../helpers/until.ts'

async function open (t: ExecutionContext) {
  const api = await startEnvironmentApi(t)
  const kubeconfig = await writeKubeconfig(t, api.url)
  const down = async (...args: readonly string[]) => await runToEnd(t, ['env', 'down', ...args, '--kubeconfig', kubeconfig])
  return { api, down, kubeconfig }
}

test('down removes what is named and says what it does meanwhile', async t => {
  const { api, down } = await open(t)
  api.playAlong()
  for (const name of ['pr-1', 'pr-2', 'pr-3']) api.putEnvironment(name)

  const { stdout, stderr, exitCode } = await down('pr-1', 'pr-3', 'pr-1')

  t.is(exitCode, 0, stderr)
  t.regex(stdout, /^Removed shop\/pr-1 in \S+\nRemoved shop\/pr-3 in \S+$/)
  t.regex(stderr, /^shop\/pr-1: its requests go to the originals again$/m)
  t.false(api.has('environments', 'pr-1'))
  t.true(api.has('environments', 'pr-2'))
})

test('down of what is not there is done already', async t => {
  const { api, down } = await open(t)

  const { stdout, stderr, exitCode } = await down('pr-1')

  t.is(exitCode, 0)
  t.is(stdout, '')
  t.is(stderr, 'Environment shop/pr-1 is not there: nothing to do.')
  t.deepEqual(api.changes, [])
})

test('down twice at the same moment is down once', async t => {
  const { api, down } = await open(t)
  api.putEnvironment('pr-1')
  const both = [down('pr-1'), down('pr-1')]
  await until(() => api.changes.includes('PATCH deployments/waylay-env-pr-1'))
  api.remove('intercepts', 'i-pr-1')
  await until(() => api.changes.includes('DELETE environments/pr-1'))
  await until(() => api.requests.filter(line => line === 'GET environments/pr-1').length > 5)
  api.collect()

  t.deepEqual((await Promise.all(both)).map(({ exitCode }) => exitCode), [0, 0])
  t.deepEqual([...api.objects.keys()], [])
})

test('down of all takes fifty of the namespace, and of no other', async t => {
  const { api, down } = await open(t)
  api.playAlong()
  for (let i = 0; i < 50; i++) api.putEnvironment(`pr-${i}`)
  api.putEnvironment('pr-1', {}, 'other')

  const { stdout, exitCode } = await down('--all', '--output', 'json')

  t.is(exitCode, 0)
  const { environments } = fitsSchema(t, stdout, 'env-down') as { environments: { result: string }[] }
  t.is(environments.length, 50)
  t.true(environments.every(({ result }) => result === 'removed'))
  t.deepEqual([...api.objects.keys()].filter(key => key.includes('/environments/')), ['other/environments/pr-1'])
  t.log(`fifty looked for intercepts ${api.requests.filter(line => line === 'GET intercepts').length} times`)
})

test('down of all everywhere leaves namespaces whose environments one may not delete', async t => {
  const { api, down } = await open(t)
  api.playAlong()
  api.putEnvironment('pr-1')
  api.putEnvironment('pr-1', {}, 'other')
  api.instead.set('POST selfsubjectaccessreviews', (_request, response, body) => {
    response.end(JSON.stringify({ status: { allowed: JSON.stringify(body).includes('"shop"') } }))
  })

  const { stderr, exitCode } = await down('--all', '-A')

  t.is(exitCode, 0)
  t.regex(stderr, /namespace other stay: you may not delete them/)
  t.false(api.has('environments', 'pr-1'))
  t.true(api.has('environments', 'pr-1', 'other'))
})

test('one that cannot be removed keeps no other from being removed', async t => {
  const { api, down } = await open(t)
  api.playAlong()
  for (const name of ['pr-1', 'pr-2']) api.putEnvironment(name)
  api.instead.set('DELETE environments/pr-1', forbid)

  const { stdout, stderr, exitCode } = await down('--all', '--output', 'json')

  t.is(exitCode, 3)
  t.like(fitsSchema(t, stdout, 'env-down'), {
    environments: [{ name: 'pr-1', result: 'failed', code: 'WAYLAY_FORBIDDEN' }, { name: 'pr-2', result: 'removed', code: null }]
  })
  t.regex(stderr, /You may not delete environments\.waylay\.dev "pr-1" in namespace "shop"/)
})

test('down without waiting tells that the cluster goes on by itself', async t => {
  const { api, down } = await open(t)
  api.onChange = () => { api.remove('intercepts', 'i-pr-1') }
  api.putEnvironment('pr-1')

  const { stdout, exitCode } = await down('pr-1', '--no-wait', '--output', 'json')

  t.is(exitCode, 0)
  t.like(fitsSchema(t, stdout, 'env-down'), { environments: [{ result: 'removing' }] })
})

test('Ctrl-C leaves what is deleted deleted, and names what is left', async t => {
  const { api, kubeconfig } = await open(t)
  for (const name of ['pr-1', 'pr-2']) api.putEnvironment(name)
  const run = await startCli(t, ['env', 'down', 'pr-1', 'pr-2', '--kubeconfig', kubeconfig])
  await until(() => api.changes.length === 2)
  api.remove('intercepts', 'i-pr-1')
  await until(() => api.changes.includes('DELETE environments/pr-1'))
  run.interrupt()

  t.is(await run.exitCode, 130)
  t.regex(run.stdout.join('\n'), /^shop\/pr-1 is being removed; the cluster goes on with it by itself$/)
  t.regex(run.stderr.join('\n'), /^shop\/pr-2 was not removed\. Run it again to go on: waylay env down pr-2 -n shop$/m)
  t.true(api.has('environments', 'pr-2'))
})

test('down needs a name or all, and names only of this namespace', async t => {
  const { down } = await open(t)
  const runs = [await down(), await down('pr-1', '--all'), await down('pr-1', '-A'), await down('PR_1'), await down('pr-1', '--show-secrets')]

  t.deepEqual(runs.map(({ exitCode }) => exitCode), [2, 2, 2, 2, 2])
  t.regex(runs[0]?.stderr ?? '', /Name an environment, or give --all/)
  t.regex(runs[4]?.stderr ?? '', /Unknown option '--show-secrets' of env down/)
})
