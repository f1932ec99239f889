import test, { type ExecutionContext } from 'ava'
import { fitsSchema } from '../helpers/fits-schema.ts'
import { servePaths, type Answers } from '../helpers/path-server.ts'
import { runToEnd } from '../helpers/run-cli.ts'

const CONTAINER = {
  name: 'app',
  envFrom: [{ secretRef: { name: 'db' } }],
  env: [
    { name: 'MODE', value: 'test' },
    { name: 'DSN', value: 'postgres://db/$(DB_NAME)' },
    { name: 'API_TOKEN', value: 'in plain sight' },
    { name: 'TEXT', value: 'it\'s $1\nmore' }
  ]
}

const pod = (name: string, creationTimestamp: string, phase = 'Running') => ({
  metadata: { name, namespace: 'shop', uid: name, creationTimestamp, labels: { app: 'payments' } },
  spec: { containers: [CONTAINER, { name: 'worker', env: [{ name: 'ROLE', value: 'worker' }] }], enableServiceLinks: false },
  status: { phase }
})

const OBJECTS: Answers = {
  '/apis/apps/v1/namespaces/shop/deployments/payments': {
    metadata: { name: 'payments', namespace: 'shop' }, spec: { selector: { matchLabels: { app: 'payments' } } }
  },
  '/api/v1/namespaces/shop/pods?labelSelector=app%3Dpayments': {
    metadata: { resourceVersion: '1' },
    items: [
      pod('old', '2026-01-01T00:00:00Z'), pod('new', '2026-01-02T00:00:00Z'), pod('starting', '2026-01-03T00:00:00Z', 'Pending')
    ]
  },
  '/api/v1/namespaces/shop/secrets/db': { data: { DB_NAME: Buffer.from('orders').toString('base64') } },
  '/api/v1/namespaces/default/services/kubernetes': {
    metadata: { name: 'kubernetes', namespace: 'default' }, spec: { clusterIP: 'None' }
  }
}

async function env (t: ExecutionContext, args: readonly string[], objects: Answers = {}) {
  return await envOf(t, 'payments', args, objects)
}

async function envOf (t: ExecutionContext, name: string, args: readonly string[], objects: Answers = {}) {
  const { kubeconfig } = await servePaths(t, { ...OBJECTS, ...objects })
  return await runToEnd(t, ['env', name, '--kubeconfig', kubeconfig, ...args])
}

test('the newest running pod is printed with its secrets as comments', async t => {
  const { exitCode, stdout, stderr } = await env(t, [])

  t.is(exitCode, 0, stderr)
  t.is(stdout, [
    'MODE=test',
    'TEXT="it\'s \\$1\\nmore"',
    '# API_TOKEN is hidden (it looks like a secret, or holds the value of one)',
    '# DB_NAME is hidden (Secret "db", key "DB_NAME")',
    '# DSN is hidden (it looks like a secret, or holds the value of one)'
  ].join('\n'))
  t.regex(stderr, /container app in pod shop\/new.*\n3 values are hidden: --show-secrets prints them\./)
})

test('secrets are printed to those who ask, in the format they name', async t => {
  const { stdout, stderr } = await env(t, ['--show-secrets', '--format', 'sh', '--env-exclude', 'T*'])

  t.is(stdout, ['export API_TOKEN=\'in plain sight\'', 'export DB_NAME=\'orders\'', 'export DSN=\'postgres://db/orders\'', 'export MODE=\'test\''].join('\n'))
  t.notRegex(stderr, /hidden/)
})

test('programs get every variable with its source, by either flag', async t => {
  const [hidden, shown] = await Promise.all([env(t, ['-o', 'json']), env(t, ['--format', 'json', '--show-secrets'])])

  t.like(fitsSchema(t, hidden.stdout, 'env'), {
    workload: 'deployment/payments',
    pod: 'new',
    variables: [
      { name: 'API_TOKEN', value: null, hidden: true, secret: false, source: { kind: 'value', name: null, key: null } },
      { name: 'DB_NAME', value: null, hidden: true, secret: true, source: { kind: 'secret', name: 'db', key: 'DB_NAME' } },
      { name: 'DSN', value: null, hidden: true, secret: true },
      { name: 'MODE', value: 'test', hidden: false },
      { name: 'TEXT', value: 'it\'s $1\nmore' }
    ]
  })
  t.false(/orders|plain sight/.test(hidden.stdout))
  t.like(fitsSchema(t, shown.stdout, 'env'), { variables: [{ value: 'in plain sight', hidden: false }, { value: 'orders' }] })
})

test('another container is printed when it is named', async t => {
  t.is((await env(t, ['--container', 'worker'])).stdout, 'ROLE=worker')
})

test('a format that cannot hold a value prints nothing and says which', async t => {
  const { exitCode, stdout, stderr } = await env(t, ['--format', 'docker'])

  t.is(exitCode, 2)
  t.is(stdout, '')
  t.regex(stderr, /format docker cannot hold TEXT \(its value has several lines\)(.|\n)*WAYLAY_ENV_UNWRITABLE/)
})

test('a Secret that may not be read prints nothing and names the right', async t => {
  const { exitCode, stdout, stderr } = await env(t, [], { '/api/v1/namespaces/shop/secrets/db': 403 })

  t.is(exitCode, 3)
  t.is(stdout, '')
  t.regex(stderr, /You may not get secrets "db" in namespace "shop"\n {2}Try: .*waylay-environment/)
})

test('a workload without a pod that runs or starts has no environment', async t => {
  const { exitCode, stderr } = await env(t, [], {
    '/api/v1/namespaces/shop/pods?labelSelector=app%3Dpayments': { metadata: {}, items: [pod('done', '2026-01-01T00:00:00Z', 'Succeeded')] }
  })

  t.is(exitCode, 5)
  t.regex(stderr, /WAYLAY_NO_PODS/)
})

test('a Service stands for the pods behind it, and any controller for its own', async t => {
  const owned = (name: string, kind: string, owner: string) => ({
    ...pod(name, '2026-01-01T00:00:00Z'),
    metadata: { ...pod(name, '2026-01-01T00:00:00Z').metadata, ownerReferences: [{ kind, name: owner, controller: true }] }
  })
  const objects = {
    '/api/v1/namespaces/shop/services/pay': { metadata: { name: 'pay', namespace: 'shop' }, spec: { selector: { behind: 'pay' } } },
    '/api/v1/namespaces/shop/services/bare': { metadata: { name: 'bare', namespace: 'shop' }, spec: {} },
    '/api/v1/namespaces/shop/services': { items: [] },
    '/apis/apps/v1/namespaces/shop/replicasets': { metadata: {}, items: [] },
    '/api/v1/namespaces/shop/pods?labelSelector=behind%3Dpay': { metadata: {}, items: [owned('canary', 'Cart', 'pay')] },
    '/api/v1/namespaces/shop/pods': { metadata: {}, items: [owned('canary', 'Cart', 'pay'), pod('other', '2026-01-02T00:00:00Z')] }
  }

  const [service, cart, bare, none] = await Promise.all(['service/pay', 'cart/pay', 'service/bare', 'cart/none'].map(async name =>
    await envOf(t, name, ['-o', 'json'], objects)))

  for (const found of [service, cart]) {
    t.is(found?.exitCode, 0, found?.stderr)
    t.like(JSON.parse(found?.stdout ?? ''), { workload: 'cart/pay', pod: 'canary' })
  }
  for (const failed of [bare, none]) {
    t.is(failed?.exitCode, 5)
    t.regex(failed?.stderr ?? '', /WAYLAY_(WORKLOAD_UNKNOWN|SERVICE_UNFIT)/)
  }
})

test('a workload that is called like a command of env is named with its kind', async t => {
  const { stdout, exitCode } = await envOf(t, 'deployment/down', ['--output', 'json'], {
    '/apis/apps/v1/namespaces/shop/deployments/down': {
      metadata: { name: 'down', namespace: 'shop' }, spec: { selector: { matchLabels: { app: 'payments' } } }
    }
  })

  t.is(exitCode, 0)
  t.like(JSON.parse(stdout), { workload: 'deployment/down', pod: 'new' })
})
