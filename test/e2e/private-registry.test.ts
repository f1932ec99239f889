import test, { type ExecutionContext } from 'ava'
import { VERSION } from '../../common/version.ts'
import { getJson, kubectl, tryKubectl } from '../helpers/kube.ts'
import { makeNamespace } from '../helpers/namespace.ts'
import { restoreInstallation } from '../helpers/restore-installation.ts'
import { restartWebhook } from '../helpers/webhook-pods.ts'
import { waylay } from '../helpers/waylay.ts'
import { containerNames, podTemplate, type Pod } from '../helpers/workload.ts'

const COPY = 'waylay-pull-secret'

type Secret = { readonly type: string, readonly data: Readonly<Record<string, string>> }
type PullingPod = Pod & { readonly spec: { readonly imagePullSecrets?: readonly { readonly name: string }[] } }

test.serial.afterEach.always(restoreInstallation)

async function createLogin (): Promise<void> {
  await kubectl(['-n', 'waylay-system', 'create', 'secret', 'docker-registry', 'registry-login',
    '--docker-server=registry.example.org', '--docker-username=maria', '--docker-password=one'])
}

/** Creates a pod with a pull secret of its own; what kubectl printed, warnings among it. */
async function createPod (namespace: string, name: string): Promise<string> {
  const { metadata, spec } = podTemplate({ name })
  const { stdout, stderr, exitCode } = await tryKubectl(['create', '-f', '-'], JSON.stringify({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { ...metadata, name, namespace },
    spec: { ...spec, imagePullSecrets: [{ name: 'team' }] }
  }))
  if (exitCode !== 0) throw new Error(stderr)
  await kubectl(['-n', namespace, 'wait', '--for=condition=Ready', `pod/${name}`, '--timeout=60s'])
  return stdout + stderr
}

/** With the webhook's token nobody gets that of another ServiceAccount. */
async function assertNoOtherSecret (t: ExecutionContext, namespace: string): Promise<void> {
  for (const [name, type] of [['waylay-pull-token', 'kubernetes.io/dockerconfigjson'], [COPY, 'kubernetes.io/service-account-token']]) {
    const annotations = { 'kubernetes.io/service-account.name': 'default' }
    const data = { '.dockerconfigjson': Buffer.from('{}').toString('base64') }
    const { exitCode, stderr } = await tryKubectl(
      ['create', '-f', '-', '--dry-run=server', '--as=system:serviceaccount:waylay-system:waylay-webhook'],
      JSON.stringify({ apiVersion: 'v1', kind: 'Secret', type, metadata: { name, namespace, annotations }, data }))
    t.not(exitCode, 0)
    t.regex(stderr, /'pull-secret\.waylay\.dev' denied request: The webhook of waylay writes no Secret here/)
  }
}

test.serial('a pull secret reaches injected pods behind their own, and goes with waylay', async t => {
  t.timeout(4 * 60_000)
  const before = await waylay(['install', '--image-registry', 'waylay', '--image-pull-secret', 'registry-login'])
  t.is(before.exitCode, 0, before.stderr)
  const namespace = await makeNamespace(t)

  t.regex(await createPod(namespace, 'early'), /not injected: waylay-system has no Secret "registry-login"/)
  t.false(containerNames(await getJson<Pod>(['-n', namespace, 'pod', 'early'])).includes('waylay-proxy'))

  await createLogin()
  const source = async () => (await getJson<Secret>(['-n', 'waylay-system', 'secret', 'registry-login'])).data
  const copy = async () => (await getJson<Secret>(['-n', namespace, 'secret', COPY])).data
  // The kubelet would bring it by itself, within a minute or two.
  await restartWebhook()
  await createPod(namespace, 'app')
  const { spec } = await getJson<PullingPod>(['-n', namespace, 'pod', 'app'])
  t.deepEqual(spec.imagePullSecrets, [{ name: 'team' }, { name: COPY }])
  t.deepEqual(await copy(), await source())
  await assertNoOtherSecret(t, namespace)

  const uninstalled = await waylay(['uninstall'])
  t.is(uninstalled.exitCode, 0, uninstalled.stderr)
  t.true(uninstalled.stderr.includes(`remove Secret ${namespace}/${COPY}`), uninstalled.stderr)
  t.regex((await tryKubectl(['-n', namespace, 'get', 'secret', COPY])).stderr, /NotFound/)
})

test.serial('without the ClusterRole for copies pods are injected with a warning', async t => {
  await waylay(['uninstall'])
  await kubectl(['create', 'namespace', 'waylay-system'])
  await createLogin()
  const { exitCode, stderr } = await waylay(['install', '--image-pull-secret', 'registry-login'])
  t.is(exitCode, 0, stderr)
  await kubectl(['delete', 'clusterrolebinding', COPY])
  const namespace = await makeNamespace(t)

  const said = await createPod(namespace, 'app')

  t.regex(said, new RegExp(`need the Secret ${COPY} in ${namespace}, which waylay may not copy`))
  t.true(containerNames(await getJson<Pod>(['-n', namespace, 'pod', 'app'])).includes('waylay-proxy'))
})

test.serial('one setting moves every image, and a registry that is not there is named', async t => {
  const { exitCode, stderr } = await waylay(['install', '--image-registry', 'registry.invalid/team', '--timeout-seconds', '2'])

  t.is(exitCode, 4)
  t.true(stderr.includes(`registry.invalid/team/webhook:${VERSION}`), stderr)
  const text = await kubectl(['-n', 'waylay-system', 'get', 'deployment', 'waylay-webhook', '-o', 'json'])
  t.true(text.includes(`registry.invalid/team/sidecar:${VERSION}`))
})
