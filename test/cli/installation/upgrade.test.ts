import test from 'ava'
import { GRANT_LABELS } from '../../../cli/cluster/grants.ts'
import { VERSION } from '../../../common/version.ts'
import { startFakeInstallation, type FakeInstallation } from '../helpers/fake-installation.ts'
import { fitsSchema } from '../helpers/fits-schema.ts'

const WEBHOOK = '/deployments/waylay-webhook'
const CLUSTER_ROLES = '/apis/rbac.authorization.k8s.io/v1/clusterroles'

type Outcome = {
  readonly to: string
  readonly objects: readonly { readonly name: string, readonly change: string }[]
}

/** What is installed is of another version, by its labels and the tags of its images. */
function pretend (fake: FakeInstallation, version: string): void {
  for (const [path, object] of fake.objects) {
    const { metadata, ...rest } = JSON.parse(JSON.stringify(object).replaceAll(`:${VERSION}"`, `:${version}"`)) as typeof object
    const labels = { ...metadata.labels, 'app.kubernetes.io/version': version }
    fake.objects.set(path, { ...rest, metadata: { ...metadata, labels } })
  }
}

/** A ClusterRole with our label, applied by somebody. */
function addRole (fake: FakeInstallation, name: string, manager: string): void {
  fake.objects.set(`${CLUSTER_ROLES}/${name}`, {
    kind: 'ClusterRole',
    metadata: { name, labels: { 'app.kubernetes.io/name': 'waylay' }, managedFields: [{ manager, operation: 'Apply' }] }
  })
}

function podOf (name: string, workload: string, version: string): object {
  const [kind = '', owner = ''] = workload.split('/')
  const status = JSON.stringify({ version, mode: 'iptables', workload, ports: [] })
  const ownerReferences = kind === 'pod' ? [] : [{ kind, name: owner, controller: true }]
  return { metadata: { name, namespace: 'shop', uid: name, annotations: { 'waylay.dev/status': status }, ownerReferences } }
}

test('upgrade refuses where nothing is installed', async t => {
  const { run } = await startFakeInstallation(t)

  const { exitCode, stderr } = await run('upgrade')

  t.is(exitCode, 4)
  t.regex(stderr, /WAYLAY_NOT_INSTALLED/)
  t.regex(stderr, /waylay install/)
})

test('install refuses where another version is, and points to upgrade', async t => {
  const { fake, run } = await startFakeInstallation(t)
  await run('install')
  pretend(fake, '0.0.9')

  const { exitCode, stderr } = await run('install')

  t.is(exitCode, 6)
  t.regex(stderr, /waylay 0\.0\.9 is installed here/)
  t.regex(stderr, /waylay upgrade/)
})

for (const [from, exitCode] of [['0.0.9', 0], ['0.2.7', 0], ['0.3.0', 6], ['1.1.0', 6]] as const) {
  test(`upgrade from ${from} ends with ${exitCode}, and with 0 where skew is allowed`, async t => {
    const { fake, run } = await startFakeInstallation(t)
    await run('install')
    pretend(fake, from)
    const before = fake.writes.length

    const first = await run('upgrade')
    t.is(first.exitCode, exitCode, first.stderr)
    if (exitCode === 0) return t.regex(first.stderr, new RegExp(`${from} -> ${VERSION}`))
    t.regex(first.stderr, /WAYLAY_VERSION_SKEW/)
    t.is(fake.writes.length, before)
    t.is((await run('upgrade', '--allow-skew')).exitCode, 0)
  })
}

test('upgrade removes what we applied and no longer have, and nobody else\'s', async t => {
  const { fake, run } = await startFakeInstallation(t)
  await run('install')
  pretend(fake, '0.0.9')
  addRole(fake, 'waylay-of-old', 'waylay')
  addRole(fake, 'waylay-of-somebody', 'kubectl')

  const dry = fitsSchema(t, (await run('upgrade', '--dry-run', '--output', 'json')).stdout, 'install') as Outcome
  t.truthy(fake.find('/waylay-of-old'))
  await run('upgrade')

  t.deepEqual(dry.objects.filter(({ change }) => change === 'remove').map(({ name }) => name), ['waylay-of-old'])
  t.is(dry.to, '0.0.9')
  t.is(fake.find('/waylay-of-old'), undefined)
  t.truthy(fake.find('/waylay-of-somebody'))
})

test('upgrade keeps registry and pull secret, unless told others', async t => {
  const { fake, run } = await startFakeInstallation(t)
  await run('install', '--image-registry', 'registry.example.org/w', '--image-pull-secret', 'login')
  pretend(fake, '0.0.9')

  await run('upgrade')
  t.true(JSON.stringify(fake.find(WEBHOOK)).includes(`registry.example.org/w/sidecar:${VERSION}`))
  t.true(JSON.stringify(fake.find(WEBHOOK)).includes('"secretName":"login"'))

  await run('upgrade', '--image-registry', 'other.example.org')
  t.true(JSON.stringify(fake.find(WEBHOOK)).includes(`other.example.org/sidecar:${VERSION}`))
})

test('images named in full are kept by install, and asked for again by upgrade', async t => {
  const { fake, run } = await startFakeInstallation(t)
  const full = ['--webhook-image', 'r.example.org/w@sha256:1', '--sidecar-image', 'r.example.org/s@sha256:2']
  await run('install', ...full)
  await run('install')
  t.true(JSON.stringify(fake.find(WEBHOOK)).includes('"image":"r.example.org/w@sha256:1"'))
  t.true(JSON.stringify(fake.find(WEBHOOK)).includes('"value":"r.example.org/s@sha256:2"'))
  pretend(fake, '0.0.9')

  const refused = await run('upgrade')

  t.is(refused.exitCode, 2)
  t.regex(refused.stderr, /named in full: r\.example\.org\/w@sha256:1/)
  t.is((await run('upgrade', ...full)).exitCode, 0)
})

test('upgrade names each workload with an older sidecar, and what restarts it', async t => {
  const { fake, run } = await startFakeInstallation(t)
  await run('install')
  fake.pods = [
    podOf('payments-1', 'deployment/payments', '0.0.9'), podOf('payments-2', 'deployment/payments', '0.0.9'),
    podOf('new-1', 'deployment/new', VERSION), podOf('debug', 'pod/debug', '0.0.9'), podOf('r-1', 'rollout/r', '0.0.9')
  ]

  const { stderr } = await run('upgrade')

  t.regex(stderr, /deployment\/payments in shop \(2 pods, sidecar 0\.0\.9\): {2}kubectl -n shop rollout restart deployment\/payments/)
  t.regex(stderr, /rollout\/r in shop .*kubectl -n shop delete pod r-1/)
  t.regex(stderr, /pod\/debug in shop \(1 pod, sidecar 0\.0\.9\): {2}nobody makes it again/)
  t.false(stderr.includes('deployment/new'))
  t.true(stderr.indexOf('pod/debug') > stderr.indexOf('rollout/r'))
})

test('uninstall takes everything of ours, by whomever made, and nothing else', async t => {
  const { fake, run } = await startFakeInstallation(t)
  await run('install', '--image-pull-secret', 'login')
  addRole(fake, 'waylay-of-old', 'waylay')
  addRole(fake, 'waylay-of-somebody', 'kubectl')
  fake.objects.set('/api/v1/namespaces/shop/secrets/waylay-pull-secret', {
    kind: 'Secret',
    metadata: {
      name: 'waylay-pull-secret',
      namespace: 'shop',
      labels: { 'app.kubernetes.io/name': 'waylay', 'app.kubernetes.io/managed-by': 'waylay' }
    }
  })
  fake.objects.set('/api/v1/namespaces/shop/serviceaccounts/waylay-grant-maria', {
    kind: 'ServiceAccount', metadata: { name: 'waylay-grant-maria', namespace: 'shop', labels: GRANT_LABELS }
  })
  fake.pods = [podOf('payments-1', 'deployment/payments', VERSION)]
  const count = fake.objects.size

  const dry = await run('uninstall', '--dry-run')
  t.is(fake.objects.size, count)
  const { exitCode, stdout, stderr } = await run('uninstall', '--output', 'json')
  const again = await run('uninstall')

  t.regex(dry.stderr, /remove Secret shop\/waylay-pull-secret[^]*Nothing was removed/)
  t.is(exitCode, 0)
  t.like(fitsSchema(t, stdout, 'install'), { command: 'uninstall', from: VERSION, to: null })
  t.deepEqual([...fake.objects.keys()], [`${CLUSTER_ROLES}/waylay-of-somebody`])
  t.regex(stderr, /kubectl -n shop rollout restart deployment\/payments/)
  t.regex(again.stderr, /nothing to remove/)
})
