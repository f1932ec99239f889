import test, { type ExecutionContext } from 'ava'
import { WaylayError } from '../../../common/errors.ts'
import type { Container, PodSpec } from '../../../cli/cluster/pod-spec.ts'
import type { Pod } from '../../../cli/cluster/pods.ts'
import { resolvePodEnv, type PodEnv, type ResolveOptions } from '../../../cli/environment/pod-env.ts'
import { servePaths, type Answers } from '../helpers/path-server.ts'

const STARTED = '2026-01-01T10:00:00Z'
const SERVICES = '/api/v1/namespaces/shop/services'
const KUBERNETES = '/api/v1/namespaces/default/services/kubernetes'

const OBJECTS: Answers = {
  [SERVICES]: { items: [] },
  [KUBERNETES]: {
    metadata: { name: 'kubernetes', namespace: 'default' }, spec: { clusterIP: '10.1.0.1', ports: [{ name: 'https', port: 443 }] }
  },
  '/version': { major: '1', minor: '34', gitVersion: 'v1.34.4' },
  '/api/v1/namespaces/shop/configmaps/settings': {
    data: { MODE: 'test', 'app.properties': 'a=1\nb=2', URL: 'from-map', '0day': 'digit' }, binaryData: { BLOB: 'AAEC' }
  },
  '/api/v1/namespaces/shop/secrets/db': {
    type: 'Opaque', data: { password: base64('p$(MODE)w'), URL: base64('from-secret') }
  },
  '/api/v1/namespaces/shop/secrets/binary': { data: { key: base64(Buffer.from([0xff, 0xfe])), nul: base64('a\0b'), good: base64('g') } }
}

function base64 (text: string | Buffer): string {
  return Buffer.from(text).toString('base64')
}

function podWith (container: Partial<Container>, spec: Partial<PodSpec> = {}): Pod {
  const pod = {
    metadata: { name: 'payments-1', namespace: 'shop', uid: 'u' },
    spec: { nodeName: 'node-1', containers: [{ name: 'app', ...container }], ...spec },
    status: { phase: 'Running', containerStatuses: [{ name: 'app', state: { running: { startedAt: STARTED } } }] }
  }
  return pod
}

async function resolve (
  t: ExecutionContext, pod: Pod, { objects = {}, ...options }: ResolveOptions & { readonly objects?: Answers } = {}
): Promise<{ readonly env: PodEnv, readonly values: Record<string, string>, readonly requests: readonly string[] }> {
  const { cluster, requests } = await servePaths(t, { ...OBJECTS, ...objects })
  const env = await resolvePodEnv(cluster, pod, options)
  const own = env.variables.filter(({ origin }) => origin.kind !== 'service')
  return { env, values: Object.fromEntries(own.map(({ name, value }) => [name, value])), requests }
}

test('env wins over envFrom, and what comes later over what came before', async t => {
  const { values, requests } = await resolve(t, podWith({
    envFrom: [
      { configMapRef: { name: 'settings' } },
      { secretRef: { name: 'db' } },
      { prefix: 'P_', configMapRef: { name: 'settings' } },
      { configMapRef: { name: 'gone', optional: true } }
    ],
    env: [{ name: 'MODE', value: 'first' }, { name: 'SEEN', value: '$(MODE)' }, { name: 'MODE', value: 'last' }, { name: 'EMPTY' }]
  }))

  t.deepEqual(values, {
    '0day': 'digit',
    'app.properties': 'a=1\nb=2',
    EMPTY: '',
    MODE: 'last',
    SEEN: 'first',
    URL: 'from-secret',
    password: 'p$(MODE)w',
    P_0day: 'digit',
    'P_app.properties': 'a=1\nb=2',
    P_MODE: 'test',
    P_URL: 'from-map'
  })
  t.is(requests.filter(line => line.endsWith('/configmaps/settings')).length, 1)
})

test('a reference sees what is defined before it and the services, never what comes later', async t => {
  const { values, env } = await resolve(t, podWith({
    envFrom: [{ secretRef: { name: 'db' } }],
    env: [
      { name: 'EARLY', value: '$(LATE) $(KUBERNETES_SERVICE_HOST)' },
      { name: 'LATE', value: 'late' },
      { name: 'DSN', value: 'db://$(password)@$$(LATE)/$(LATE)' },
      { name: 'AGAIN', value: 'x$(DSN)' },
      { name: 'KUBERNETES_SERVICE_PORT', value: 'mine' }
    ]
  }))

  t.is(values['EARLY'], '$(LATE) 10.1.0.1')
  t.is(values['DSN'], 'db://p$(MODE)w@$(LATE)/late')
  t.is(values['AGAIN'], 'xdb://p$(MODE)w@$(LATE)/late')
  t.is(values['KUBERNETES_SERVICE_PORT'], 'mine')
  const secrets = env.variables.filter(({ isSecret }) => isSecret).map(({ name }) => name)
  t.deepEqual(secrets, ['AGAIN', 'DSN', 'URL', 'password'])
  t.deepEqual(env.variables.map(({ name }) => name), env.variables.map(({ name }) => name).toSorted())
})

test('keys, fields and resources become values, and optional ones that are missing nothing', async t => {
  const { values } = await resolve(t, podWith({
    resources: { limits: { cpu: '500m' } },
    envFrom: [{ configMapRef: { name: 'settings' } }],
    env: [
      { name: 'KEY', valueFrom: { configMapKeyRef: { name: 'settings', key: 'app.properties' } } },
      { name: 'PASS', valueFrom: { secretKeyRef: { name: 'db', key: 'password' } } },
      { name: 'NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
      { name: 'CPU', valueFrom: { resourceFieldRef: { resource: 'limits.cpu', divisor: '1m' } } },
      { name: 'MODE', valueFrom: { configMapKeyRef: { name: 'settings', key: 'nope', optional: true } } },
      { name: 'NONE', valueFrom: { secretKeyRef: { name: 'nope', key: 'x', optional: true } } }
    ]
  }))

  t.like(values, { KEY: 'a=1\nb=2', PASS: 'p$(MODE)w', NAME: 'payments-1', CPU: '500', MODE: 'test' })
  t.false('NONE' in values)
})

const UNKNOWN: readonly (readonly [title: string, container: Partial<Container>, says: RegExp])[] = [
  ['a ConfigMap that is gone', { envFrom: [{ configMapRef: { name: 'gone' } }] }, /its environment .* no ConfigMap "gone"/],
  ['a Secret that is gone', { env: [{ name: 'A', valueFrom: { secretKeyRef: { name: 'gone', key: 'k' } } }] }, /A cannot be known: there is no Secret "gone"/],
  ['a key that is gone', { env: [{ name: 'A', valueFrom: { secretKeyRef: { name: 'db', key: 'k' } } }] }, /Secret "db" has no key "k"/],
  ['an empty name', { env: [{ name: 'A', valueFrom: { secretKeyRef: { name: '', key: 'k' } } }] }, /no Secret ""/],
  ['a name that is a path', { env: [{ name: 'A', valueFrom: { secretKeyRef: { name: '../pods', key: 'k' } } }] }, /no Secret "\.\.\/pods"/],
  ['a key that only holds bytes', { env: [{ name: 'A', valueFrom: { configMapKeyRef: { name: 'settings', key: 'BLOB' } } }] }, /no key "BLOB"/],
  ['bytes that are no text', { envFrom: [{ secretRef: { name: 'binary' } }] }, /key "key" of Secret "binary" is no text/],
  ['a NUL', { env: [{ name: 'A', valueFrom: { secretKeyRef: { name: 'binary', key: 'nul' } } }] }, /is no text/],
  ['a field that is none', { env: [{ name: 'A', valueFrom: { fieldRef: { fieldPath: 'spec.x' } } }] }, /no field "spec.x"/],
  ['a resource that is none', { env: [{ name: 'A', valueFrom: { resourceFieldRef: { resource: 'limits.gpu' } } }] }, /no resource "limits.gpu"/],
  ['a source of tomorrow', { env: [{ name: 'A', valueFrom: { moonRef: {} } as object }] }, /does not know moonRef/]
]

test('what cannot be known fails and names the variable and the reason', async t => {
  for (const [title, container, says] of UNKNOWN) {
    const error = await t.throwsAsync(resolve(t, podWith(container)), { instanceOf: WaylayError }, title)
    t.is(error.code, 'WAYLAY_ENV_UNKNOWN', title)
    t.regex(error.message, says, title)
    t.regex(error.message, /Container "app" of pod payments-1/)
  }
})

test('a right that is missing is named with the role to ask for', async t => {
  const pod = podWith({ env: [{ name: 'A', valueFrom: { secretKeyRef: { name: 'db', key: 'password', optional: true } } }] })
  const error = await t.throwsAsync(resolve(t, pod, { objects: { '/api/v1/namespaces/shop/secrets/db': 403 } }), { instanceOf: WaylayError })

  t.is(error.code, 'WAYLAY_FORBIDDEN')
  t.regex(error.message, /get secrets "db" in namespace "shop"/)
  t.regex(error.hint, /verb get on secrets .*kubectl -n shop create rolebinding <name> --clusterrole=waylay-environment/)
})

test('an excluded variable may be unreadable, but nothing is built on it', async t => {
  const pod = podWith({
    env: [
      { name: 'DB_PASSWORD', valueFrom: { secretKeyRef: { name: 'db', key: 'password' } } },
      { name: 'DSN', value: 'db://$(DB_PASSWORD)' },
      { name: 'OTHER', value: 'o' }
    ]
  })
  const { values, env, requests } = await resolve(t, pod, {
    objects: { '/api/v1/namespaces/shop/secrets/db': 403 }, isExcluded: name => name === 'DB_PASSWORD'
  })

  t.deepEqual(values, { OTHER: 'o' })
  t.deepEqual(env.warnings.map(({ text }) => text), ['DSN is left out: it refers to DB_PASSWORD, which is not known.'])
  t.is(requests.filter(line => line.includes('secrets')).length, 1)
  const known = await resolve(t, pod, { isExcluded: name => name === 'DB_PASSWORD' })
  t.deepEqual(known.values, { DSN: 'db://p$(MODE)w', OTHER: 'o' })
})

test('an excluded key of envFrom may be no text', async t => {
  const { values } = await resolve(t, podWith({ envFrom: [{ secretRef: { name: 'binary' } }] }), { isExcluded: name => name !== 'good' })
  t.deepEqual(values, { good: 'g' })
})

test('a value of the node is left out with a word where nodes are closed', async t => {
  const pod = podWith({
    env: [
      { name: 'MEMORY', valueFrom: { resourceFieldRef: { resource: 'limits.memory', divisor: '1Mi' } } },
      { name: 'FLAGS', value: '--heap=$(MEMORY)' }
    ]
  })
  const closed = await resolve(t, pod, { objects: { '/api/v1/nodes/node-1': 403 } })
  const open = await resolve(t, pod, { objects: { '/api/v1/nodes/node-1': { status: { allocatable: { memory: '2Gi' } } } } })

  t.deepEqual(closed.values, {})
  t.regex(closed.env.warnings.map(({ text }) => text).join('\n'), /MEMORY is left out: .*node "node-1".*\nFLAGS is left out: it refers to MEMORY/)
  t.deepEqual(open.values, { FLAGS: '--heap=2048', MEMORY: '2048' })
})

test('service links can be turned off, but for those of the API server', async t => {
  const item = { metadata: { name: 'pay', namespace: 'shop', creationTimestamp: '2025-01-01T00:00:00Z' }, spec: { clusterIP: '10.1.0.9', ports: [{ port: 80 }] } }
  const objects = { [SERVICES]: { items: [item] } }
  const on = await resolve(t, podWith({}), { objects })
  const off = await resolve(t, podWith({}, { enableServiceLinks: false }), { objects: { [SERVICES]: 403 } })

  t.true(on.env.variables.some(({ name }) => name === 'PAY_SERVICE_HOST'))
  t.false(off.env.variables.some(({ name }) => name === 'PAY_SERVICE_HOST'))
  for (const { env } of [on, off]) t.true(env.variables.some(({ name, value }) => name === 'KUBERNETES_SERVICE_HOST' && value === '10.1.0.1'))
})

test('a closed default namespace is told once, and nothing refers to its variables', async t => {
  const pod = podWith({ env: [{ name: 'API', value: '$(KUBERNETES_SERVICE_HOST)' }, { name: 'B', value: '$(UNKNOWN)' }] })
  const { values, env } = await resolve(t, pod, { objects: { [KUBERNETES]: 403 } })

  t.deepEqual(values, { B: '$(UNKNOWN)' })
  t.deepEqual(env.warnings.map(({ about }) => about), ['KUBERNETES_*', 'API'])
})

test('kubelets before 1.32 make no variable of an odd name', async t => {
  const pod = podWith({ envFrom: [{ configMapRef: { name: 'settings' } }] })
  const { values, env } = await resolve(t, pod, { objects: { '/version': { major: '1', minor: '31+', gitVersion: 'v1.31.2-eks' } } })

  t.false('0day' in values)
  t.is(values['app.properties'], 'a=1\nb=2')
  t.deepEqual(env.warnings.map(({ about }) => about), ['0day'])
})

test('an object written after the container started is told of', async t => {
  const fields = (time: string) => ({ data: { A: '1' }, metadata: { creationTimestamp: '2025-01-01T00:00:00Z', managedFields: [{ time }] } })
  const pod = podWith({ envFrom: [{ configMapRef: { name: 'old' } }, { configMapRef: { name: 'new' } }] })
  const { env } = await resolve(t, pod, {
    objects: {
      '/api/v1/namespaces/shop/configmaps/old': fields('2026-01-01T10:00:00Z'),
      '/api/v1/namespaces/shop/configmaps/new': fields('2026-01-01T10:00:02Z')
    }
  })

  t.deepEqual(env.warnings.map(({ about }) => about), ['new'])
})

test('the container is the named one, the pod\'s default, the port\'s, or the first', async t => {
  const containers = [
    { name: 'log' }, { name: 'web', ports: [{ containerPort: 8080, name: 'http' }] }, { name: 'main' }
  ]
  const pod = podWith({}, { containers, initContainers: [{ name: 'waylay-proxy' }] })
  const annotations = { 'kubectl.kubernetes.io/default-container': 'main' }
  const annotated = { ...pod, metadata: { ...pod.metadata, annotations } }
  const chosen = async (of: Pod, options: ResolveOptions): Promise<string> =>
    (await resolve(t, of, options)).env.container

  t.is(await chosen(pod, {}), 'log')
  t.is(await chosen(pod, { port: 8080 }), 'web')
  t.is(await chosen(pod, { port: 'http' }), 'web')
  t.is(await chosen(pod, { port: 9 }), 'log')
  t.is(await chosen(annotated, { port: 8080 }), 'main')
  t.is(await chosen(annotated, { container: 'waylay-proxy' }), 'waylay-proxy')
  const error = await t.throwsAsync(chosen(pod, { container: 'app' }), { instanceOf: WaylayError })
  t.is(error.code, 'WAYLAY_CONTAINER_UNKNOWN')
  t.regex(error.message, /log, web, main, waylay-proxy/)
})
