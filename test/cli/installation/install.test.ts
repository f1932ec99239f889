import test from 'ava'
import { VERSION } from '../../../common/version.ts'
import { CREATED_KINDS, readManifests } from '../../../cli/manifests.ts'
import { startFakeInstallation, type FakeInstallation } from '../helpers/fake-installation.ts'
import { fitsSchema } from '../helpers/fits-schema.ts'

const WEBHOOK = '/deployments/waylay-webhook'

type Outcome = { readonly objects: readonly { readonly change: string }[] }

function changesOf (outcome: unknown): ReadonlySet<string> {
  return new Set((outcome as Outcome).objects.map(({ change }) => change))
}

/** Replaces what a path's end names, as somebody else might. */
function edit (fake: FakeInstallation, end: string, metadata: object): void {
  const [path, object] = [...fake.objects].find(([path]) => path.endsWith(end)) ?? []
  if (path === undefined || object === undefined) throw new Error(`There is no ${end}`)
  fake.objects.set(path, { ...object, metadata: { ...object.metadata, ...metadata } })
}

test('every kind of the manifests has its place in the order of creation', async t => {
  const known = CREATED_KINDS.map(({ apiVersion, kind }) => `${apiVersion} ${kind}`)
  for (const { apiVersion, kind } of await readManifests()) t.true(known.includes(`${apiVersion} ${kind}`), kind)
})

test('install says what it creates, and once more that all of it is kept', async t => {
  const { fake, run } = await startFakeInstallation(t)

  const first = await run('install')
  const again = await run('install', '--output', 'json')

  t.is(first.exitCode, 0, first.stderr)
  t.regex(first.stderr, /^ {2}create Deployment waylay-system\/waylay-webhook$/m)
  t.regex(first.stderr, /^ {2}create MutatingWebhookConfiguration waylay$/m)
  t.deepEqual([...changesOf(fitsSchema(t, again.stdout, 'install'))], ['keep'])
  t.is(fake.find(WEBHOOK)?.metadata.labels?.['app.kubernetes.io/version'], VERSION)
})

test('a dry run of install writes nothing and says so', async t => {
  const { fake, run } = await startFakeInstallation(t)

  const { exitCode, stdout, stderr } = await run('install', '--dry-run', '--output', 'json')

  t.is(exitCode, 0)
  t.deepEqual(fake.writes, [])
  t.deepEqual([...changesOf(fitsSchema(t, stdout, 'install'))], ['create'])
  t.regex(stderr, /Nothing was made/)
})

test('an installation that broke off half way is mended by running again', async t => {
  const { fake, run } = await startFakeInstallation(t)
  fake.breaksAt = WEBHOOK
  t.not((await run('install')).exitCode, 0)
  const made = fake.objects.size
  fake.breaksAt = undefined

  const { exitCode, stdout } = await run('install', '--output', 'json')

  t.is(exitCode, 0)
  t.true(made > 0 && made < fake.objects.size)
  t.deepEqual([...changesOf(fitsSchema(t, stdout, 'install'))].sort(), ['create', 'keep'])
})

test('install waits until pods of the webhook as it was before are gone', async t => {
  const { fake, run } = await startFakeInstallation(t)
  const pod = (name: string): object => ({ metadata: { name, namespace: 'waylay-system', uid: name }, status: { phase: 'Running' } })
  fake.webhookPods = ['old', 'new-1', 'new-2'].map(pod)

  const late = await run('install', '--timeout-seconds', '1')
  const evicted = { metadata: { name: 'evicted', namespace: 'waylay-system', uid: 'e' }, status: { phase: 'Failed' } }
  fake.webhookPods = [...['new-1', 'new-2'].map(pod), evicted]

  t.is(late.exitCode, 4)
  t.regex(late.stderr, /not available after 1 s: old is Running/)
  t.is((await run('install')).exitCode, 0)
})

for (const command of ['install', 'upgrade']) {
  test(`${command} waits until what was deleted before is gone, and makes it anew`, async t => {
    const { fake, run } = await startFakeInstallation(t)
    await run('install', '--preview-domain', 'p.example.org')
    fake.ending.set('/deployments/waylay-preview', 2)

    const { exitCode, stderr } = await run(command)

    t.is(exitCode, 0, stderr)
    t.regex(stderr, /waiting until Deployment waylay-system\/waylay-preview is gone, which was deleted/)
    t.regex(stderr, /^ {2}create Deployment waylay-system\/waylay-preview$/m)
    t.not(fake.find('/deployments/waylay-preview'), undefined)
  })
}

test('what was deleted and stays is named, with what shows its finalizers', async t => {
  const { fake, run } = await startFakeInstallation(t)
  await run('install')
  fake.ending.set('/services/waylay-webhook', 1000)

  const { exitCode, stderr } = await run('install', '--timeout-seconds', '1')
  const dry = await run('install', '--dry-run')

  t.is(exitCode, 4)
  t.regex(stderr, /Service waylay-system\/waylay-webhook was deleted, and is still on its way out after 1 s/)
  t.regex(stderr, /kubectl -n waylay-system get service waylay-webhook -o yaml/)
  t.regex(dry.stderr, /^ {2}create Service waylay-system\/waylay-webhook$/m)
})

test('fields that others hold are named before anything is written', async t => {
  const { fake, run } = await startFakeInstallation(t)
  await run('install')
  fake.conflicts.set(WEBHOOK, { manager: 'kubectl', field: '.spec.replicas' })
  const before = fake.writes.length

  const refused = await run('install')
  const writes = fake.writes.length - before
  const forced = await run('install', '--force-conflicts')

  t.is(refused.exitCode, 6)
  t.regex(refused.stderr, /\.spec\.replicas of Deployment waylay-system\/waylay-webhook is held by "kubectl"/)
  t.regex(refused.stderr, /WAYLAY_INSTALL_CONFLICT/)
  t.is(writes, 0)
  t.is(forced.exitCode, 0, forced.stderr)
})

test('an installation by Helm is recognised and named with its release', async t => {
  const { fake, run } = await startFakeInstallation(t)
  await run('install')
  edit(fake, WEBHOOK, {
    annotations: { 'meta.helm.sh/release-name': 'tools', 'meta.helm.sh/release-namespace': 'ops' }, managedFields: []
  })

  const { exitCode, stderr } = await run('install')

  t.is(exitCode, 6)
  t.regex(stderr, /installed here by Helm \(release tools in ops\)/)
  t.regex(stderr, /helm upgrade tools <chart> --namespace ops/)
})

test('what was taken over from Helm is ours from then on, though its annotations stay', async t => {
  const { fake, run } = await startFakeInstallation(t)
  await run('install')
  const annotations = { 'meta.helm.sh/release-name': 'tools', 'meta.helm.sh/release-namespace': 'ops' }
  edit(fake, WEBHOOK, { annotations, managedFields: [] })
  await run('install', '--force-conflicts')
  edit(fake, WEBHOOK, { annotations })

  t.is((await run('install')).exitCode, 0)
})

test('a pull secret that is not there is said, and an empty name takes it out again', async t => {
  const { fake, run } = await startFakeInstallation(t)
  const secretName = (): unknown => JSON.stringify(fake.find(WEBHOOK)).includes('"my-login"')

  const { exitCode, stderr } = await run('install', '--image-pull-secret', 'my-login')
  t.is(exitCode, 0, stderr)
  t.regex(stderr, /waylay-system has no Secret "my-login"/)
  t.true(secretName())

  await run('install')
  t.true(secretName(), 'it is kept')
  await run('install', '--image-pull-secret', '')
  t.false(secretName())
})

test('a preview gateway comes with its domain, is kept, and goes with an upgrade without one', async t => {
  const { fake, run } = await startFakeInstallation(t)
  const gateway = (): string => JSON.stringify(fake.find('/deployments/waylay-preview') ?? null)
  const webhook = (): string => JSON.stringify(fake.find(WEBHOOK))
  await run('install')
  t.is(gateway(), 'null', 'off by default')
  t.false(webhook().includes('WAYLAY_PREVIEW_DOMAIN'))

  const { exitCode, stderr } = await run('install', '--preview-domain', 'p.example.org', '--preview-tls-secret', 'wild')
  t.is(exitCode, 0, stderr)
  t.regex(stderr, /waylay-system has no Secret "wild": the preview gateway does not start until it is there\n +Make it: {2}kubectl -n waylay-system create secret tls wild --cert=<file> --key=<file>$/m)
  for (const deployment of [gateway(), webhook()]) {
    t.true(deployment.includes('{"name":"WAYLAY_PREVIEW_DOMAIN","value":"p.example.org"}'))
  }
  t.true(gateway().includes('"secretName":"wild"') && gateway().includes('"value":"secret"'))

  await run('install')
  t.true(gateway().includes('p.example.org') && gateway().includes('"secretName":"wild"'), 'it is kept')
  await run('install', '--preview-tls-secret', '')
  t.true(gateway().includes('"value":"ingress"'), 'TLS ends at an ingress')
  const ended = await run('upgrade', '--preview-domain', '')
  t.is(ended.exitCode, 0, ended.stderr)
  t.is(gateway(), 'null')
  t.is(fake.find('/services/waylay-preview'), undefined)
  t.false(webhook().includes('WAYLAY_PREVIEW_DOMAIN'))
})

test('an installation whose sidecar cannot be pulled is none', async t => {
  const { fake, run } = await startFakeInstallation(t)
  const waiting = { reason: 'ImagePullBackOff', message: 'Back-off pulling image "r/sidecar:1"' }
  fake.probeStatus = { initContainerStatuses: [{ name: 'waylay-init', state: { waiting } }] }

  const { exitCode, stderr } = await run('install')

  t.is(exitCode, 4)
  t.regex(stderr, /waylay-init waits: ImagePullBackOff, Back-off pulling image/)
  t.true(fake.writes.some(write => /^DELETE .*\/pods\/probe$/.test(write)))
})

test('rules that a node does not take are said', async t => {
  const { fake, run } = await startFakeInstallation(t)
  const message = 'Not redirected, the pod runs without waylay.'
  fake.probeStatus = {
    initContainerStatuses: [
      { name: 'waylay-init', state: { terminated: { exitCode: 0, message } } },
      { name: 'waylay-proxy', state: { running: {} } }
    ]
  }

  const { exitCode, stderr } = await run('install')

  t.is(exitCode, 0)
  t.regex(stderr, /waylay-init wrote no rules on this node: Not redirected/)
})

test('images under tags of their own are kept as they were named', async t => {
  const { fake, run } = await startFakeInstallation(t)
  await run('install', '--webhook-image', 'r.example.org/webhook:fix1', '--sidecar-image', 'r.example.org/sidecar:fix1')

  t.is((await run('install')).exitCode, 0)

  t.regex(JSON.stringify(fake.find(WEBHOOK)), /r\.example\.org\/webhook:fix1.*r\.example\.org\/sidecar:fix1/)
})

test('an installation by kubectl is recognised by its field manager', async t => {
  const { fake, run } = await startFakeInstallation(t)
  await run('install')
  edit(fake, WEBHOOK, { managedFields: [{ manager: 'kubectl-client-side-apply', operation: 'Update' }] })

  t.regex((await run('upgrade')).stderr, /installed here by kubectl-client-side-apply/)
  t.is((await run('upgrade', '--force-conflicts')).exitCode, 0)
})

test('a cluster without admission policies gets everything else', async t => {
  const { fake, run } = await startFakeInstallation(t, ['ValidatingAdmissionPolicy', 'ValidatingAdmissionPolicyBinding'])

  const { exitCode, stderr } = await run('install')

  t.is(exitCode, 0)
  t.regex(stderr, /leave out ValidatingAdmissionPolicy status\.intercepts\.waylay\.dev: it needs Kubernetes 1\.30/)
  t.is(fake.find('/validatingadmissionpolicies/status.intercepts.waylay.dev'), undefined)
})

test('a pull secret adds its rights and reaches the webhook', async t => {
  const { fake, run } = await startFakeInstallation(t)

  await run('install', '--image-registry', 'registry.example.org/w', '--image-pull-secret', 'login')

  const text = JSON.stringify(fake.find(WEBHOOK))
  t.true(text.includes('"imagePullSecrets":[{"name":"login"}]'))
  t.true(text.includes('{"name":"WAYLAY_IMAGE_PULL_SECRET","value":"login"}'))
  t.true(text.includes('"secretName":"login"'))
  t.true(text.includes('"image":"registry.example.org/w/webhook:'))
  t.truthy(fake.find('/clusterroles/waylay-pull-secret'))
  t.truthy(fake.find('/validatingadmissionpolicies/pull-secret.waylay.dev'))
  t.false(JSON.stringify([...fake.objects]).includes('waylay-registry'))
})
