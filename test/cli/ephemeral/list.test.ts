import test, { type ExecutionContext } from 'ava'
import { forbid, startEnvironmentApi } from '../helpers/environment-api.ts'
import { fitsSchema } from '../helpers/fits-schema.ts'
import { writeKubeconfig } from '../helpers/kubeconfig.ts'
import { runToEnd } from '../helpers/run-cli.ts'

async function open (t: ExecutionContext) {
  const api = await startEnvironmentApi(t)
  const kubeconfig = await writeKubeconfig(t, api.url)
  return { api, list: async (...args: readonly string[]) => await runToEnd(t, ['env', 'list', ...args, '--kubeconfig', kubeconfig]) }
}

test('list shows what leads to each environment, in order, and what it was sent', async t => {
  const { api, list } = await open(t)
  const root = api.putEnvironment('pr-2')
  api.put('environments', 'pr-2', { ...root, status: { phase: 'Ready' } })
  api.put('intercepts', 'second', { owner: root, spec: { fence: 1 }, status: { fence: 1, requests: 3 } })
  api.put('intercepts', 'somebody', { spec: { fence: 1 }, status: { fence: 1, requests: 100 } })
  api.putEnvironment('pr-1')
  api.putEnvironment('pr-1', {}, 'other')

  const { stdout, exitCode } = await list()

  t.is(exitCode, 0)
  const [header, first, second, ...rest] = stdout.split('\n')
  t.regex(header ?? '', /^NAMESPACE +NAME +WORKLOADS +IMAGES +PHASE +HEADER +OWNER +AGE +EXPIRES +REQUESTS$/)
  t.regex(first ?? '', /^shop +pr-1 +deployment\/payments +payments:pr-1 +Pending +x-waylay-id=pr-1-3fk27d4a +maria +\S+ +in (?:1h|59m)\S* +7$/)
  t.regex(second ?? '', /^shop +pr-2 .* Ready .* 10$/)
  t.deepEqual(rest, [])
})

test('list works without the right to see intercepts', async t => {
  const { api, list } = await open(t)
  api.putEnvironment('pr-1')
  api.instead.set('GET intercepts', forbid)

  t.regex((await list()).stdout, /in (?:1h|59m)\S* +-$/)
  t.like(fitsSchema(t, (await list('-o', 'json')).stdout, 'env-list'), { environments: [{ requests: null }] })
})

test('list marks those that have expired and those on their way out', async t => {
  const { api, list } = await open(t)
  api.putEnvironment('pr-1', { expiresAt: new Date(Date.now() - 90_000).toISOString() })
  const root = api.putEnvironment('pr-2')
  api.put('environments', 'pr-2', { ...root, metadata: { ...root.metadata, deletionTimestamp: new Date().toISOString() } })

  t.regex((await list()).stdout, / expired 1m\d+s ago /)
  t.like(fitsSchema(t, (await list('-A', '--output', 'json')).stdout, 'env-list'), {
    environments: [{ name: 'pr-1', expired: true }, { name: 'pr-2', expired: false, phase: 'Ending' }]
  })
})

test('list says that there is none, and prints nothing', async t => {
  const { list } = await open(t)

  t.like(await list(), { stdout: '', stderr: 'No environments in namespace shop.', exitCode: 0 })
  t.like(await list('-A'), { stdout: '', stderr: 'No environments in any namespace you may see.' })
  t.deepEqual(fitsSchema(t, (await list('--output', 'json')).stdout, 'env-list'), { environments: [] })
})

test('an environment written by hand cannot move the terminal cursor', async t => {
  const { api, list } = await open(t)
  api.putEnvironment('pr-1', { owner: 'maria\u001B[2J' })

  t.true((await list()).stdout.includes('maria\\x1b[2J'))
})
