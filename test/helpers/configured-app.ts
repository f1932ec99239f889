import { apply, eventually, getJson, kubectl } from './kube.ts'
import { FIXTURES_IMAGE, readyPods, type Pod } from './workload.ts'

const LABELS = { app: 'settled', 'example.org/tier': 'back' }

/** Values that every reader of an environment or a file is put to the test with. */
export const CONFIG = {
  MODE: 'test',
  'app.properties': 'a=1\nb=$(MODE)\n',
  '0day': 'a name that begins with a digit',
  QUOTES: '"it\'s" `$HOME` \\ \\n # ; end ',
  UNICODE: 'é 😀 \u200b'
}

const BINARY = { 'blob.bin': 'AAH//g==' }

export const SECRET = { password: 'p$(MODE)w"\'', URL: 'from the secret', 'key.pem': '-----BEGIN PRIVATE KEY-----\nx\n' }

/** A pod that draws on every kind of source, in its environment and in its files, and a container with none. */
export async function deployConfiguredApp (namespace: string): Promise<Pod> {
  await apply(
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'payer', namespace } },
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'settings', namespace }, data: CONFIG, binaryData: BINARY },
    { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'db', namespace }, stringData: SECRET },
    service(namespace, 'before', { ports: [{ name: 'http-api', port: 80 }, { name: 'dns', port: 53, protocol: 'UDP' }] }),
    service(namespace, 'six', { ipFamilies: ['IPv6'], ports: [{ port: 8080 }] }),
    service(namespace, 'headless', { clusterIP: 'None', ports: [{ port: 80 }] }),
    { ...service(namespace, 'outside', {}), spec: { type: 'ExternalName', externalName: 'example.org' } },
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'settled', namespace },
      spec: {
        selector: { matchLabels: { app: LABELS.app } },
        template: { metadata: { labels: LABELS, annotations: ANNOTATIONS }, spec: podSpec() }
      }
    }
  )
  const [pod] = await readyPods(namespace, LABELS.app, 1)
  if (pod === undefined) throw new Error('no pod')
  await createAfter(namespace, pod.metadata.name)
  return pod
}

export const ANNOTATIONS = {
  'kubectl.kubernetes.io/default-container': 'app', 'example.org/note': 'a "b"\n\té \u0007 \u200b', build: '7'
}

function service (namespace: string, name: string, spec: object) {
  return { apiVersion: 'v1', kind: 'Service', metadata: { name, namespace }, spec: { selector: LABELS, ...spec } }
}

/** A Service of a later second than the container: times are cut to seconds. */
async function createAfter (namespace: string, pod: string): Promise<void> {
  type Started = { status: { containerStatuses: readonly { state: { running: { startedAt: string } } }[] } }
  const { status } = await getJson<Started>(['-n', namespace, 'pod', pod])
  const startedAt = Math.max(...status.containerStatuses.map(({ state }) => Date.parse(state.running.startedAt)))
  await eventually('the second of the start is over', async () => Date.now() - startedAt > 2000 ? true : undefined)
  await kubectl(['-n', namespace, 'create', 'service', 'clusterip', 'after', '--tcp=80'])
}

function podSpec () {
  const container = { image: FIXTURES_IMAGE, command: ['sleep', '3600'] }
  return {
    serviceAccountName: 'payer',
    // Reads files that are for the owner alone.
    securityContext: { runAsUser: 0 },
    terminationGracePeriodSeconds: 1,
    containers: [
      { ...container, name: 'bare' },
      {
        ...container,
        // Answers on 8080, so that it can be intercepted.
        command: ['node', '/fixtures/app.ts'],
        name: 'app',
        ports: [{ name: 'http', containerPort: 8080 }],
        resources: { limits: { cpu: '1500m' }, requests: { cpu: '50m', memory: '16Mi' } },
        envFrom: ENV_FROM,
        env: ENV,
        volumeMounts: MOUNTS
      }
    ],
    volumes: VOLUMES
  }
}

const ENV_FROM = [
  { configMapRef: { name: 'settings' } },
  { secretRef: { name: 'db' } },
  { prefix: 'P_', configMapRef: { name: 'settings' } },
  { secretRef: { name: 'gone', optional: true } }
]

const field = (name: string, fieldPath: string) => ({ name, valueFrom: { fieldRef: { fieldPath } } })
const resource = (name: string, of: string, more: object = {}) =>
  ({ name, valueFrom: { resourceFieldRef: { resource: of, ...more } } })

const ENV = [
  { name: 'EARLY', value: '$(LATE) $(KUBERNETES_SERVICE_HOST) $(BEFORE_SERVICE_HOST) $(AFTER_SERVICE_HOST)' },
  { name: 'LATE', value: 'late' },
  { name: 'MODE', value: 'first' },
  { name: 'SEEN', value: '$(MODE)' },
  { name: 'MODE', value: 'last' },
  { name: 'DSN', value: 'db://$(password)@host/$$(LATE)/$(LATE)/$(unknown)/$(open $ $$ $' },
  { name: 'EMPTY' },
  { name: 'DEEP', value: 'deep' },
  { name: 'EMPTY_REF', value: '[$(EMPTY)]' },
  { name: 'PATH', value: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/extra' },
  { name: 'BEFORE_SERVICE_PORT', value: 'mine' },
  { name: 'KEY', valueFrom: { configMapKeyRef: { name: 'settings', key: 'QUOTES' } } },
  { name: 'PASS', valueFrom: { secretKeyRef: { name: 'db', key: 'password' } } },
  { name: 'NOT_THERE', valueFrom: { configMapKeyRef: { name: 'settings', key: 'nope', optional: true } } },
  { name: 'UNICODE', valueFrom: { secretKeyRef: { name: 'gone', key: 'x', optional: true } } },
  field('POD', 'metadata.name'),
  field('SPACE', 'metadata.namespace'),
  field('POD_UID', 'metadata.uid'),
  field('TIER', 'metadata.labels[\'example.org/tier\']'),
  field('NO_LABEL', 'metadata.labels[\'nope\']'),
  field('NOTE', 'metadata.annotations[\'example.org/note\']'),
  field('NODE', 'spec.nodeName'),
  field('ACCOUNT', 'spec.serviceAccountName'),
  field('HOST_IP', 'status.hostIP'),
  field('HOST_IPS', 'status.hostIPs'),
  field('POD_IP', 'status.podIP'),
  field('POD_IPS', 'status.podIPs'),
  resource('CPU', 'limits.cpu'),
  resource('CPU_MILLI', 'limits.cpu', { divisor: '1m' }),
  resource('MEMORY', 'limits.memory', { divisor: '1Mi' }),
  resource('DISK', 'limits.ephemeral-storage'),
  resource('WANTED', 'requests.memory', { divisor: '1Ki' }),
  resource('OTHERS', 'limits.cpu', { containerName: 'bare', divisor: '1m' })
]

const VOLUMES = [
  { name: 'settings', configMap: { name: 'settings' } },
  {
    name: 'items',
    configMap: {
      name: 'settings',
      defaultMode: 0o440,
      items: [
        { key: 'MODE', path: 'deep/er/mode' }, { key: 'blob.bin', path: 'run.sh', mode: 0o755 }, { key: 'UNICODE', path: 'unicode é' }
      ]
    }
  },
  { name: 'db', secret: { secretName: 'db', defaultMode: 0o400 } },
  { name: 'missing', configMap: { name: 'gone', optional: true } },
  {
    name: 'pod-info',
    downwardAPI: {
      items: [
        { path: 'labels', fieldRef: { fieldPath: 'metadata.labels' } },
        { path: 'annotations', fieldRef: { fieldPath: 'metadata.annotations' } },
        { path: 'cpu/milli', resourceFieldRef: { containerName: 'app', resource: 'limits.cpu', divisor: '1m' } },
        { path: 'memory', resourceFieldRef: { containerName: 'app', resource: 'limits.memory' } }
      ]
    }
  },
  {
    name: 'mixed',
    projected: {
      defaultMode: 0o444,
      sources: [
        { configMap: { name: 'settings', items: [{ key: 'MODE', path: 'mode' }, { key: 'QUOTES', path: 'quotes' }] } },
        { secret: { name: 'db', items: [{ key: 'password', path: 'pass' }] } },
        { downwardAPI: { items: [{ path: 'name', fieldRef: { fieldPath: 'metadata.name' } }] } },
        { serviceAccountToken: { path: 'token', audience: 'payments', expirationSeconds: 700 } }
      ]
    }
  },
  { name: 'scratch', emptyDir: {} }
]

const MOUNTS = [
  { name: 'settings', mountPath: '/etc/settings' },
  { name: 'items', mountPath: '/etc/items' },
  { name: 'db', mountPath: '/scratch/db' },
  { name: 'missing', mountPath: '/etc/missing' },
  { name: 'pod-info', mountPath: '/etc/pod-info' },
  { name: 'mixed', mountPath: '/var/mixed' },
  { name: 'settings', mountPath: '/srv/one.properties', subPath: 'app.properties' },
  { name: 'items', mountPath: '/srv/deep', subPath: 'deep' },
  { name: 'items', mountPath: '/srv/by-name', subPathExpr: '$(DEEP)/er' },
  { name: 'scratch', mountPath: '/scratch' }
]
