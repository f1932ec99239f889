import test, { type ExecutionContext } from 'ava'
import { startEnvironmentApi } from '../helpers/environment-api.ts'
import { fitsSchema } from '../helpers/fits-schema.ts'
import { writeKubeconfig } from '../helpers/kubeconfig.ts'
import { runToEnd } from '../helpers/run-cli.ts'

async function open (t: ExecutionContext) {
  const api = await startEnvironmentApi(t)
  const kubeconfig = await writeKubeconfig(t, api.url)
  api.putEnvironment('pr-1')
  const leftMinutes = (): number => {
    const { expiresAt = '' } = (api.objects.get('shop/environments/pr-1')?.spec ?? {}) as { readonly expiresAt?: string }
    return Math.round((Date.parse(expiresAt) - Date.now()) / 60_000)
  }
  return { api, leftMinutes, extend: async (...args: readonly string[]) => await runToEnd(t, ['env', 'extend', ...args, '--kubeconfig', kubeconfig]) }
}

test('extend counts from now, and from a day without a duration', async t => {
  const { extend, leftMinutes } = await open(t)

  const { stdout, exitCode } = await extend('pr-1', '--ttl', '2h')
  t.is(exitCode, 0)
  t.regex(stdout, /^shop\/pr-1 lives until \S+Z, in (?:2h|1h59m)\S*$/)
  t.is(leftMinutes(), 120)

  t.like(fitsSchema(t, (await extend('pr-1', '-o', 'json')).stdout, 'env-extend'), { name: 'pr-1', namespace: 'shop', changed: true })
  t.is(leftMinutes(), 1440)
})

test('extend shortens nothing unless it is told to', async t => {
  const { api, extend, leftMinutes } = await open(t)

  const kept = await extend('pr-1', '--ttl', '10m')
  t.like(kept, { exitCode: 0, stdout: '' })
  t.regex(kept.stderr, /lives until \S+ already, for (?:1h|59m).*waylay env extend pr-1 -n shop --ttl 10m --shorten$/)
  t.like(fitsSchema(t, (await extend('pr-1', '--ttl', '10m', '-o', 'json')).stdout, 'env-extend'), { changed: false })
  t.deepEqual(api.changes, [])

  t.is((await extend('pr-1', '--ttl', '10m', '--shorten')).exitCode, 0)
  t.is(leftMinutes(), 10)
})

test('extend goes by the clock of the API server', async t => {
  const { api, extend, leftMinutes } = await open(t)
  const root = api.objects.get('shop/environments/pr-1')
  api.instead.set('GET environments/pr-1', (_request, response) => {
    response.writeHead(200, { date: new Date(Date.now() + 86_400_000).toUTCString() }).end(JSON.stringify(root))
  })

  await extend('pr-1', '--ttl', '1h')
  t.is(leftMinutes(), 1500)
})

test('extend does not write over what somebody else has written meanwhile', async t => {
  const { api, extend, leftMinutes } = await open(t)
  const late = new Date(Date.now() + 5 * 3_600_000).toISOString()
  const stale = api.objects.get('shop/environments/pr-1')
  api.instead.set('GET environments/pr-1', (_request, response) => {
    api.instead.clear()
    response.end(JSON.stringify(stale))
    if (stale !== undefined) api.put('environments', 'pr-1', { ...stale, spec: { ...stale.spec, expiresAt: late } })
  })

  t.regex((await extend('pr-1', '--ttl', '3h')).stderr, /already, for (?:5h|4h59m)/)
  t.is(leftMinutes(), 300)
})

test('extend says what its namespace allows at most, and what is not there', async t => {
  const { api, extend } = await open(t)
  const denial = 'admission webhook "environments.waylay.dev" denied the request: WAYLAY_ENVIRONMENT_INVALID: ' +
    'An environment in namespace shop lives for 4h at most. Ask for less'
  api.instead.set('PATCH environments/pr-1', (_request, response) => { response.writeHead(422).end(JSON.stringify({ message: denial })) })

  const refused = await extend('pr-1', '--ttl', '8h')
  t.is(refused.exitCode, 2)
  t.regex(refused.stderr, /^An environment in namespace shop lives for 4h at most\n {2}Try: {3}Ask for less/)
  t.like(await extend('pr-2'), { exitCode: 5 })
  t.like(await extend('pr-1', '--ttl', '1s'), { exitCode: 2 })
  t.like(await extend('pr-1', '--ttl', '31d'), { exitCode: 2 })
})

test('one that is being removed is not extended any more', async t => {
  const { api, extend } = await open(t)
  const root = api.putEnvironment('pr-1')
  api.put('environments', 'pr-1', { ...root, metadata: { ...root.metadata, deletionTimestamp: new Date().toISOString() } })

  const { exitCode, stderr } = await extend('pr-1')
  t.is(exitCode, 5)
  t.regex(stderr, /is being removed/)
})
