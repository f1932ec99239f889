/** A webhook that the API server asks after ours, and what it makes of the pods that ours has injected. */
import test, { type ExecutionContext } from 'ava'
import { mendKeys } from '../../webhook/certificates/keys.ts'
import { apply, eventually, kubectl, tryKubectl } from '../helpers/kube.ts'
import { mountProgram, PROGRAM_COMMAND, PROGRAM_MOUNT, programVolume } from '../helpers/mounted-program.ts'
import { makeNamespace } from '../helpers/namespace.ts'
import { containerNames, FIXTURES_IMAGE, podTemplate, type Pod } from '../helpers/workload.ts'

test('a mesh whose webhook is asked after ours gets its pod as it was, and other pods stay injected', async t => {
  const [namespace, home] = await Promise.all([makeNamespace(t), makeNamespace(t, { inject: false })])
  await startMeshWebhook(t, home, namespace)
  const sent = podOf('trial', { app: 'app' })

  const other = await eventually('the other webhook is asked', async () => {
    const answer = await dryRun(namespace, sent)
    return answer.pod.metadata.labels['seen'] === 'yes' ? answer : undefined
  })
  t.deepEqual(containerNames(other.pod), ['waylay-init', 'waylay-proxy', 'app'])
  t.notRegex(other.stderr, /not injected/)

  const meshed = await dryRun(namespace, podOf('trial', { app: 'app', mesh: 'yes' }))
  t.deepEqual(containerNames(meshed.pod), ['app', 'istio-proxy'])
  t.regex(meshed.stderr, /Warning: waylay: this pod is not injected: a service mesh .*container istio-proxy/)
  t.notRegex(JSON.stringify(meshed.pod), /waylay\.dev|waylay-/, 'nothing of ours is left')
  t.deepEqual(meshed.pod.spec.containers[0]?.readinessProbe?.httpGet?.port, 8080, 'the probe reaches the app again')
})

type Probed = { readonly readinessProbe?: { readonly httpGet?: { readonly port: unknown } } }
type Answered = Pod & {
  readonly metadata: { readonly labels: Readonly<Record<string, string>> }
  readonly spec: { readonly containers: readonly Probed[] }
}

function podOf (name: string, labels: Readonly<Record<string, string>>): object {
  const { spec } = podTemplate()
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name, labels }, spec }
}

async function dryRun (namespace: string, pod: object): Promise<{ readonly pod: Answered, readonly stderr: string }> {
  const { stdout, stderr } = await tryKubectl(
    ['-n', namespace, 'create', '--dry-run=server', '-o', 'json', '-f', '-'], JSON.stringify(pod))
  return { pod: JSON.parse(stdout) as Answered, stderr }
}

/** Its name comes after ours, so it is asked after us; it looks at one namespace alone. */
async function startMeshWebhook (t: ExecutionContext, home: string, namespace: string): Promise<void> {
  const { keys: { authority, serving } } = await mendKeys({}, [`mesh.${home}.svc`], Date.now())
  const program = await mountProgram(home, 'mesh-webhook.ts')
  const labels = { app: 'mesh' }
  await apply({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'mesh', namespace: home, labels },
    spec: {
      terminationGracePeriodSeconds: 0,
      containers: [{
        name: 'webhook',
        image: FIXTURES_IMAGE,
        command: PROGRAM_COMMAND,
        env: [{ name: 'CERTIFICATE', value: serving.certificate }, { name: 'KEY', value: serving.key }],
        readinessProbe: { tcpSocket: { port: 8443 }, periodSeconds: 1 },
        volumeMounts: [PROGRAM_MOUNT]
      }],
      volumes: [programVolume(program)]
    }
  }, {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'mesh', namespace: home },
    spec: { selector: labels, ports: [{ port: 443, targetPort: 8443 }] }
  })
  await kubectl(['-n', home, 'wait', '--for=condition=Ready', 'pod/mesh', '--timeout=60s'])
  const name = `zz-${home}`
  t.teardown(async () => { await kubectl(['delete', 'mutatingwebhookconfiguration', name, '--ignore-not-found']) })
  await apply(configuration(name, home, namespace, Buffer.from(authority.certificate).toString('base64')))
}

function configuration (name: string, home: string, namespace: string, caBundle: string): object {
  return {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'MutatingWebhookConfiguration',
    metadata: { name },
    webhooks: [{
      name: 'mesh.example.test',
      admissionReviewVersions: ['v1'],
      clientConfig: { service: { name: 'mesh', namespace: home, path: '/' }, caBundle },
      failurePolicy: 'Ignore',
      sideEffects: 'None',
      namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } },
      rules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'] }]
    }]
  }
}
