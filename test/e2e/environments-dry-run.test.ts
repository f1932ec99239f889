import test from 'ava'
import { whatIsLeft } from '../helpers/environments.ts'
import { apply, kubectl, tryKubectl } from '../helpers/kube.ts'
import { makeNamespace } from '../helpers/namespace.ts'
import { waylay } from '../helpers/waylay.ts'
import { podTemplate, readyPods } from '../helpers/workload.ts'

type Planned = {
  readonly kind: string
  readonly metadata: { readonly name: string }
  readonly spec: { readonly template: { readonly metadata: { readonly labels: object }, readonly spec: object } }
}

/** A template with what API servers store and refuse in a server-side apply, and what YAML readers disagree about. */
function oddTemplate (): object {
  const { metadata, spec } = podTemplate({ env: [{ name: 'NAME', value: 'first' }, { name: 'NAME', value: 'second' }, { name: 'ON', value: 'yes' }] })
  const own = { labelSelector: { matchLabels: { app: 'app' } }, topologyKey: 'kubernetes.io/hostname' }
  const [container] = spec.containers as readonly { readonly ports: readonly object[] }[]
  return {
    metadata,
    spec: {
      ...spec,
      containers: [{ ...container, ports: [...container?.ports ?? [], { containerPort: 8080 }] }],
      initContainers: [{ ...container, name: 'before', command: ['node', '-e', '0'], ports: [], readinessProbe: undefined }],
      imagePullSecrets: [{ name: 'team' }, { name: 'team' }],
      hostAliases: [{ ip: '10.1.2.3', hostnames: ['a'] }, { ip: '10.1.2.3', hostnames: ['b'] }],
      affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [own] } },
      topologySpreadConstraints: [{ ...own, maxSkew: 1, minDomains: 1, whenUnsatisfiable: 'DoNotSchedule' }],
      volumes: [{ name: 'labels', downwardAPI: { items: [{ path: 'app', fieldRef: { fieldPath: 'metadata.labels[\'app\']' } }] } }]
    }
  }
}

test('the API server takes everything that a dry run prints, and a dry run leaves nothing', async t => {
  const namespace = await makeNamespace(t)
  await apply({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'app', namespace },
    spec: { selector: { matchLabels: { app: 'app' } }, template: oddTemplate() }
  }, {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'app', namespace },
    spec: { selector: { app: 'app' }, ipFamilyPolicy: 'PreferDualStack', ports: [{ port: 80, targetPort: 8080 }] }
  }, {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: { name: 'everything', namespace },
    spec: { selector: {}, maxUnavailable: 1 }
  })
  await readyPods(namespace, 'app', 1)
  const dryRun = async (...args: string[]) => {
    const startedMs = performance.now()
    const ran = await waylay(['env', 'up', 'pr-1', '-n', namespace, '--workload', 'app', '--image', 'waylay/fixtures:pr-1', '--dry-run', ...args])
    t.log(`planned in ${Math.round(performance.now() - startedMs)} ms: ${ran.stderr.trim()}`)
    t.is(ran.exitCode, 0)
    return ran
  }

  const { stdout, stderr } = await dryRun()

  t.regex(stderr, /PodDisruptionBudget everything selects every pod/)
  const applied = await tryKubectl(['-n', namespace, 'apply', '--server-side', '--dry-run=server', '-f', '-'], stdout)
  t.log(applied.stdout)
  t.is(applied.exitCode, 0, applied.stderr)
  const objects = JSON.parse((await dryRun('--output', 'json')).stdout) as readonly Planned[]
  t.is(applied.stdout.trim().split('\n').length, objects.length)
  t.is(objects.length, 8)
  t.deepEqual(await whatIsLeft(namespace, 'pr-1'), [])

  await kubectl(['label', 'namespace', namespace, 'pod-security.kubernetes.io/enforce=restricted'])
  const companion = objects.find(({ kind, metadata }) => kind === 'Deployment' && metadata.name === 'waylay-env-pr-1')
  const { metadata, spec } = companion?.spec.template ?? {}
  // Its own account was never made.
  const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { ...metadata, name: 'companion', namespace }, spec: { ...spec, serviceAccountName: 'default' } }
  const created = await tryKubectl(['create', '--dry-run=server', '-f', '-'], JSON.stringify(pod))
  t.is(created.exitCode, 0, created.stderr)
  t.is(created.stderr, '')
})
