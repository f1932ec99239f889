import test from 'ava'
import { deployConfiguredApp } from '../helpers/configured-app.ts'
import { makeDeveloper } from '../helpers/identity.ts'
import { apply, eventually, getJson, kubectl } from '../helpers/kube.ts'
import { parseEnv, readEnvInside } from '../helpers/inside.ts'
import { makeNamespace } from '../helpers/namespace.ts'
import { waylay } from '../helpers/waylay.ts'
import { FIXTURES_IMAGE } from '../helpers/workload.ts'

type Shown = {
  readonly pod: string
  readonly variables: readonly { readonly name: string, readonly value: string | null, readonly secret: boolean }[]
  readonly warnings: readonly string[]
}

async function show (namespace: string, args: readonly string[], kubeconfig?: string): Promise<Shown> {
  const { stdout, stderr, exitCode } = await waylay(['env', 'settled', '-n', namespace, '--format', 'json', ...args],
    kubeconfig === undefined ? {} : { kubeconfig })
  if (exitCode !== 0) throw new Error(stderr)
  return JSON.parse(stdout) as Shown
}

function valuesOf ({ variables }: Shown): Record<string, string | null> {
  return Object.fromEntries(variables.map(({ name, value }) => [name, value]))
}

test('the environment is the container\'s own, variable by variable', async t => {
  const namespace = await makeNamespace(t)
  const pod = await deployConfiguredApp(namespace)

  const [inside, bareInside, app, bare] = await Promise.all([
    readEnvInside(pod, 'app'),
    readEnvInside(pod, 'bare'),
    show(namespace, ['--show-secrets']),
    show(namespace, ['--show-secrets', '--container', 'bare'])
  ])

  // A container that the pod says nothing about has what its image sets, and the Services.
  const ofImage = Object.fromEntries(Object.entries(bareInside).filter(([name]) => !(name in valuesOf(bare))))
  t.log(`set by the image or the runtime: ${Object.keys(ofImage).join(', ')}`)
  t.deepEqual({ ...ofImage, ...valuesOf(bare) }, { ...bareInside })
  t.deepEqual({ ...ofImage, ...valuesOf(app) }, inside)
  t.log(`${app.variables.length} variables compared`)
  t.true(app.variables.length > 65)
  t.true('BEFORE_SERVICE_HOST' in inside && !('AFTER_SERVICE_HOST' in inside))
  t.true(inside['SIX_PORT']?.startsWith('tcp://['))
  t.deepEqual(app.warnings, [])
  t.deepEqual(app.variables.filter(({ secret }) => secret).map(({ name }) => name), ['DSN', 'PASS', 'URL', 'key.pem', 'password'])
})

test('a real shell reads the environment as the container has it', async t => {
  const namespace = await makeNamespace(t, { inject: false })
  const pod = await deployConfiguredApp(namespace)
  const printed = await waylay(['env', 'settled', '-n', namespace, '--show-secrets', '--format', 'sh',
    '--env-exclude', '*.*', '--env-exclude', '0day'])
  t.is(printed.exitCode, 0, printed.stderr)

  const inside = await readEnvInside(pod, 'app')
  const script = `${printed.stdout}\nenv -0`
  const text = await kubectl(['-n', namespace, 'exec', '-i', pod.metadata.name, '-c', 'bare', '--', 'sh'], script)
  const read = parseEnv(text)

  const names = Object.keys(inside).filter(name => /^[A-Za-z_]\w*$/.test(name) && !['HOME', 'HOSTNAME', 'PWD', 'SHLVL', '_'].includes(name))
  t.true(names.length > 50)
  for (const name of names) t.is(read[name], inside[name], name)
})

test('rights, changes and hidden secrets are told to those they concern', async t => {
  const namespace = await makeNamespace(t, { inject: false })
  await deployConfiguredApp(namespace)
  const maria = await makeDeveloper(t, namespace, 'maria')

  const refused = await waylay(['env', 'settled', '-n', namespace], { kubeconfig: maria })
  t.is(refused.exitCode, 3)
  t.is(refused.stdout, '')
  t.regex(refused.stderr, /You may not get (configmaps|secrets) "\w+" in namespace "[\w-]+"\n {2}Try: .*--clusterrole=waylay-environment/)

  await kubectl(['-n', namespace, 'create', 'rolebinding', 'maria-environment', '--clusterrole=waylay-environment',
    `--serviceaccount=${namespace}:maria`])
  const shown = await eventually('the right is there', async () => await show(namespace, [], maria))
  const values = valuesOf(shown)
  t.deepEqual(['MEMORY', 'DISK', 'KUBERNETES_SERVICE_HOST', 'EARLY'].filter(name => name in values), [])
  t.is(shown.warnings.filter(text => /left out/.test(text)).length, 5, shown.warnings.join('\n'))
  t.is(values['PASS'], null)
  t.is(values['MODE'], 'last')

  await kubectl(['-n', namespace, 'patch', 'configmap', 'settings', '--patch', '{"data":{"MODE":"changed"}}'])
  const changed = await show(namespace, [])
  t.is(valuesOf(changed)['P_MODE'], 'changed')
  t.regex(changed.warnings.join('\n'), /ConfigMap "settings" was written after the container started/)
})

test('a Secret that is no text keeps its container from starting', async t => {
  const namespace = await makeNamespace(t, { inject: false })
  const labels = { app: 'settled' }
  const container = { name: 'app', image: FIXTURES_IMAGE, command: ['sleep', '60'] }
  const env = [{ name: 'KEY', valueFrom: { secretKeyRef: { name: 'bytes', key: 'key' } } }]
  await apply(
    { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'bytes', namespace }, data: { key: '//79' } },
    { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'settled', namespace, labels }, spec: { containers: [{ ...container, env }] } }
  )

  type Now = { readonly waiting?: { readonly reason: string, readonly message?: string }, readonly running?: object }
  type State = { readonly status: { readonly containerStatuses?: readonly { readonly state: Now }[] } }
  const state = await eventually('the container is started or refused', async () => {
    const { status } = await getJson<State>(['-n', namespace, 'pod', 'settled'])
    const now = status.containerStatuses?.[0]?.state
    return now?.running !== undefined || now?.waiting?.message !== undefined ? now : undefined
  })
  t.log(JSON.stringify(state))
  t.is(state.running, undefined)
  const { exitCode, stderr } = await waylay(['env', 'settled', '-n', namespace])
  t.is(exitCode, 5)
  t.regex(stderr, /KEY cannot be known: key "key" of Secret "bytes" is no text/)
})
