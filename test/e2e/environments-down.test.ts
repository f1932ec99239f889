import test from 'ava'
import { fitsSchema } from '../cli/helpers/fits-schema.ts'
import { allGone, envUp, whatIsLeft } from '../helpers/environments.ts'
import { eventually, getJson, kubectl } from '../helpers/kube.ts'
import { makeNamespace } from '../helpers/namespace.ts'
import { startSteadyCallers } from '../helpers/steady-caller.ts'
import { startWaylay, waylay } from '../helpers/waylay.ts'
import { deployApp } from '../helpers/workload.ts'

const ORIGINAL = { env: [{ name: 'NAME', value: 'original' }] }

type Listed = {
  readonly environments: readonly { readonly name: string, readonly requests: number | null }[]
}

test('down under load fails no request of others, and twice is once', async t => {
  const namespace = await makeNamespace(t)
  await deployApp(namespace, { ...ORIGINAL, replicas: 2 })
  const { headers } = await envUp(namespace, 'pr-1', 'version 1')
  const { marked, unmarked } = await startSteadyCallers(namespace, {
    marked: { url: 'http://app/', headers }, unmarked: { url: 'http://app/' }
  })
  const requests = await eventually('requests are counted', async () => {
    const { stdout } = await waylay(['env', 'list', '-n', namespace, '--output', 'json'])
    const [first] = (fitsSchema(t, stdout, 'env-list') as Listed).environments
    return (first?.requests ?? 0) > 0 ? first?.requests : undefined
  })

  const startMs = performance.now()
  const both = await Promise.all([1, 2].map(async () => await waylay(['env', 'down', 'pr-1', '-n', namespace])))
  t.log(`both came back within ${Math.round(performance.now() - startMs)} ms, after ${requests} requests; ${both[0]?.stderr}${both[0]?.stdout}`)
  t.deepEqual(both.map(({ exitCode }) => exitCode), [0, 0], both.map(({ stderr }) => stderr).join('\n'))
  t.deepEqual(await whatIsLeft(namespace, 'pr-1'), [])

  const third = await waylay(['env', 'down', 'pr-1', '-n', namespace])
  t.is(third.exitCode, 0)
  t.regex(third.stderr, /pr-1 is not there: nothing to do/)

  const counts = { marked: await marked?.stop() ?? {}, unmarked: await unmarked?.stop() ?? {} }
  t.log(JSON.stringify(counts))
  t.deepEqual(Object.keys(counts.unmarked), ['original'])
  t.true((counts.marked['version 1'] ?? 0) > 0)
  t.true((counts.marked['original'] ?? 0) > 0)
})

test('several are listed, extended, read and removed all at once', async t => {
  const namespace = await makeNamespace(t)
  await deployApp(namespace, ORIGINAL)
  await Promise.all(['pr-1', 'pr-2'].map(async name => await envUp(namespace, name, name, ['--ttl', '1h'])))
  const run = async (...args: readonly string[]) => await waylay(['env', ...args, '-n', namespace])

  const table = await run('list')
  t.log(table.stdout)
  t.regex(table.stdout, new RegExp(`^${namespace} +pr-1 +deployment/app .* Ready +x-waylay-id=pr-1-\\S{8} .* in (1h|59m\\S*) +\\d+$`, 'm'))

  t.regex((await run('extend', 'pr-1', '--ttl', '10m')).stderr, /already/)
  t.is((await run('extend', 'pr-1', '--ttl', '3h')).exitCode, 0)
  const { spec } = await getJson<{ spec: { expiresAt: string } }>(['-n', namespace, 'environment', 'pr-1'])
  t.is(Math.round((Date.parse(spec.expiresAt) - Date.now()) / 60_000), 180)
  await kubectl(['annotate', 'namespace', namespace, 'waylay.dev/max-environment-ttl=4h'])
  const refused = await eventually('the most that the namespace allows is known', async () => {
    const ran = await run('extend', 'pr-1', '--ttl', '5h')
    return ran.exitCode === 0 ? undefined : ran
  })
  t.log(refused.stderr)
  t.is(refused.exitCode, 2)

  const { stdout } = await run('url', 'pr-1', '--output', 'json')
  t.like(fitsSchema(t, stdout, 'env-url'), { urls: [{ workload: 'deployment/app', service: 'app', url: `http://app.${namespace}/` }], preview: null })
  t.log((await run('url', 'pr-1')).stdout)

  const following = await startWaylay(t, ['env', 'logs', 'pr-1', '-n', namespace, '--follow', '--companion'])
  t.is((await run('logs', 'pr-1')).exitCode, 0)
  const said = await run('logs', 'pr-1', '--companion', '--tail', '2', '--output', 'json')
  for (const line of said.stdout.split('\n').filter(Boolean)) fitsSchema(t, line, 'env-logs')
  t.regex(said.stdout, /waylay-env-pr-1-/)
  following.kill('SIGINT')
  t.is(await following.ended, 0, following.stderr())

  const startMs = performance.now()
  const down = await run('down', '--all', '--output', 'json')
  t.log(`down --all of two: ${Math.round(performance.now() - startMs)} ms`)
  t.like(fitsSchema(t, down.stdout, 'env-down'), { environments: [{ name: 'pr-1', result: 'removed' }, { name: 'pr-2', result: 'removed' }] })
  for (const name of ['pr-1', 'pr-2']) t.deepEqual(await whatIsLeft(namespace, name), [])
  t.regex((await run('down', '--all')).stderr, /No environments in namespace/)
})

test('one whose companion is killed with its Deployment is removed all the same', async t => {
  const namespace = await makeNamespace(t)
  await deployApp(namespace, ORIGINAL)
  await envUp(namespace, 'pr-1', 'version 1')
  await kubectl(['-n', namespace, 'delete', 'deployment', 'waylay-env-pr-1', '--cascade=orphan'])
  await kubectl(['-n', namespace, 'delete', 'replicasets', '-l', 'waylay.dev/environment-part=companion', '--cascade=orphan'])
  await kubectl(['-n', namespace, 'delete', 'pods', '-l', 'waylay.dev/environment-part=companion', '--force', '--grace-period=0'])

  const startMs = performance.now()
  const { exitCode, stderr } = await waylay(['env', 'down', 'pr-1', '-n', namespace])
  t.log(`gone after ${Math.round(performance.now() - startMs)} ms; ${stderr}`)
  t.is(exitCode, 0)
  await allGone(namespace, 'pr-1')
})
