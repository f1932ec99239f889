import { readdirSync, readFileSync } from 'node:fs'
import test from 'ava'
import { parseAllDocuments } from 'yaml'
import * as contract from '../../common/contract.ts'
import { VERSION } from '../../common/version.ts'

type Fields = Readonly<Record<string, unknown>>
type Manifest = {
  readonly file: string
  readonly kind: string
  readonly apiVersion: string
  readonly metadata: { readonly name: string, readonly namespace?: string, readonly labels?: Fields }
  readonly [field: string]: unknown
}

const FOLDER = new URL('../../manifests/', import.meta.url)
const files = readdirSync(FOLDER).filter(file => file.endsWith('.yaml'))
const everything = files.flatMap(readManifests)
const manifests = everything.filter(({ kind }) => kind !== 'Kustomization')

function readManifests (file: string): Manifest[] {
  return parseAllDocuments(readFileSync(new URL(file, FOLDER), 'utf8'), { strict: true }).map(document => {
    if (document.errors[0] !== undefined) throw document.errors[0]
    return { file, ...document.toJS() as Omit<Manifest, 'file'> } as Manifest
  })
}

function find (kind: string, name: string): Manifest {
  const found = manifests.find(manifest => manifest.kind === kind && manifest.metadata.name === name)
  if (found === undefined) throw new Error(`No ${kind} ${name}`)
  return found
}

/** Follows a path of names and numbers. */
function dig (value: unknown, ...path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>((node, key) => (node as Fields | undefined)?.[key], value)
}

test('the kustomization lists every file and no other', t => {
  const listed = dig(everything.find(({ kind }) => kind === 'Kustomization'), 'resources') as string[]

  t.deepEqual([...listed].sort(), files.filter(file => file !== 'kustomization.yaml').sort())
})

test('every object carries our label, a name and an API version', t => {
  for (const { file, kind, apiVersion, metadata } of manifests) {
    t.is(metadata.labels?.['app.kubernetes.io/name'], 'waylay', `${file} ${kind}`)
    t.truthy(apiVersion)
  }
})

test('no two objects have the same kind and name', t => {
  const names = manifests.map(({ kind, metadata }) => `${kind}/${metadata.name}`)

  t.deepEqual([...new Set(names)], names)
})

test('images are placeholders of the version every part reports', t => {
  const container = dig(find('Deployment', 'waylay-webhook'), 'spec', 'template', 'spec', 'containers', 0)
  const env = dig(container, 'env') as { name: string, value: string }[]

  t.is(dig(container, 'image'), `waylay/webhook:${VERSION}`)
  t.is(env.find(({ name }) => name === 'WAYLAY_SIDECAR_IMAGE')?.value, `waylay/sidecar:${VERSION}`)
})

test('the system namespace opts out and enforces restricted Pod Security', t => {
  t.like(find('Namespace', contract.SYSTEM_NAMESPACE).metadata.labels, {
    [contract.INJECT_LABEL]: 'disabled', 'pod-security.kubernetes.io/enforce': 'restricted'
  })
})

test('a rollout or a drained node leaves one webhook that answers', t => {
  const { spec } = find('Deployment', 'waylay-webhook') as unknown as { spec: Fields }
  const labels = dig(spec, 'selector', 'matchLabels')

  t.deepEqual(dig(spec, 'strategy'), { rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } })
  t.true((spec['replicas'] as number) > 1)
  t.like(dig(find('PodDisruptionBudget', 'waylay-webhook'), 'spec'), { maxUnavailable: 1, selector: { matchLabels: labels } })
  t.deepEqual(dig(spec, 'template', 'spec', 'topologySpreadConstraints', 0, 'labelSelector', 'matchLabels'), labels)
  t.deepEqual(dig(spec, 'template', 'spec', 'affinity', 'podAntiAffinity', 'preferredDuringSchedulingIgnoredDuringExecution', 0,
    'podAffinityTerm', 'labelSelector', 'matchLabels'), labels)
})

test('the webhook meets restricted Pod Security', t => {
  const spec = dig(find('Deployment', 'waylay-webhook'), 'spec', 'template', 'spec')

  t.like(dig(spec, 'securityContext'), { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } })
  t.deepEqual(dig(spec, 'containers', 0, 'securityContext'), {
    allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] }
  })
})

test('Deployment and Service select the same pods', t => {
  const labels = dig(find('Deployment', 'waylay-webhook'), 'spec', 'template', 'metadata', 'labels')

  t.deepEqual(dig(find('Deployment', 'waylay-webhook'), 'spec', 'selector', 'matchLabels'), labels)
  t.deepEqual(dig(find('Service', 'waylay-webhook'), 'spec', 'selector'), labels)
})

const webhooks = dig(find('MutatingWebhookConfiguration', 'waylay'), 'webhooks') as readonly Fields[]
const webhook = (name: string) => webhooks.find(item => item['name'] === name)

test('a failing webhook stops no pod and no deletion but every new intercept', t => {
  t.like(webhook('pods.waylay.dev'), { failurePolicy: 'Ignore', timeoutSeconds: 2, reinvocationPolicy: 'IfNeeded' })
  t.is(webhook('intercepts.waylay.dev')?.['failurePolicy'], 'Fail')
  t.is(webhook('delete.intercepts.waylay.dev')?.['failurePolicy'], 'Ignore')
})

test('an environment is made and changed with the webhook alone, and ends without it', t => {
  t.like(webhook('environments.waylay.dev'), {
    failurePolicy: 'Fail',
    matchConditions: [{ expression: 'request.operation == \'CREATE\' || object.spec != oldObject.spec' }],
    rules: [{ operations: ['CREATE', 'UPDATE'], resources: ['environments'] }]
  })
})

test('the webhook may list and delete environments, and write none', t => {
  const rules = dig(find('ClusterRole', 'waylay-webhook'), 'rules') as readonly Fields[]
  t.deepEqual(rules.filter(({ resources }) => (resources as string[]).includes('environments')).map(({ verbs }) => verbs), [['list', 'delete']])
})

test('no manifest writes caBundle, which the webhook owns', t => {
  for (const item of webhooks) t.deepEqual(Object.keys(item['clientConfig'] as object), ['service'])
})

test('only namespaces that opted in are sent, and never those of the system', t => {
  t.deepEqual(dig(webhook('pods.waylay.dev'), 'namespaceSelector', 'matchExpressions'), [
    { key: contract.INJECT_LABEL, operator: 'In', values: ['enabled'] },
    {
      key: 'kubernetes.io/metadata.name',
      operator: 'NotIn',
      values: [contract.SYSTEM_NAMESPACE, 'kube-system', 'kube-public', 'kube-node-lease']
    }
  ])
  t.deepEqual(dig(webhook('pods.waylay.dev'), 'objectSelector', 'matchExpressions'), [
    { key: contract.INJECT_LABEL, operator: 'NotIn', values: ['disabled'] }
  ])
})

test('a namespace may leave it to the pods: then only those that ask are sent', t => {
  const { all, labelled } = contract.NAMESPACE_INJECT
  t.deepEqual(dig(webhook('labelled.pods.waylay.dev'), 'namespaceSelector', 'matchExpressions', 0), {
    key: contract.INJECT_LABEL, operator: 'In', values: [labelled]
  })
  t.deepEqual(dig(webhook('labelled.pods.waylay.dev'), 'objectSelector'), {
    matchLabels: { [contract.INJECT_LABEL]: 'enabled' }
  })
  t.deepEqual(dig(webhook('pods.waylay.dev'), 'namespaceSelector', 'matchExpressions', 0, 'values'), [all])
  const selected = { name: '', namespaceSelector: {}, objectSelector: {} }
  t.deepEqual({ ...webhook('labelled.pods.waylay.dev'), ...selected }, { ...webhook('pods.waylay.dev'), ...selected })
})

test('every webhook calls the Service of the manifests', t => {
  for (const item of webhooks) {
    t.like(dig(item, 'clientConfig', 'service'), { name: 'waylay-webhook', namespace: contract.SYSTEM_NAMESPACE, port: 443 })
  }
})

const crd = find('CustomResourceDefinition', `${contract.INTERCEPTS_PLURAL}.${contract.API_GROUP}`)

test('the CRD has the contract\'s group, version and kind', t => {
  t.like(crd, {
    spec: { group: contract.API_GROUP, scope: 'Namespaced', names: { kind: contract.INTERCEPT_KIND, shortNames: ['ic'] } }
  })
  t.like(dig(crd, 'spec', 'versions', 0), { name: contract.API_VERSION, served: true, storage: true })
})

test('the CRD bounds every text and every list', t => {
  const unbounded: string[] = []
  const walk = (schema: unknown, path: string): void => {
    const { type, maxLength, maxItems, enum: choices, format, properties, items } = schema as Fields
    const isBounded = maxLength !== undefined || choices !== undefined || format === 'date-time'
    if (type === 'string' && !isBounded) unbounded.push(path)
    if (type === 'array' && maxItems === undefined) unbounded.push(path)
    for (const [name, child] of Object.entries(properties ?? {})) walk(child, `${path}.${name}`)
    if (items !== undefined) walk(items, `${path}[]`)
  }
  const schema = dig(crd, 'spec', 'versions', 0, 'schema', 'openAPIV3Schema', 'properties')
  walk(dig(schema, 'spec'), 'spec')
  walk(dig(schema, 'status'), 'status')

  t.deepEqual(unbounded, [])
})

test('developers may intercept but not globally and not over others', t => {
  const rules = dig(find('ClusterRole', 'waylay-developer'), 'rules') as readonly { resources: string[], verbs: string[] }[]
  const verbs = rules.find(({ resources }) => resources.includes('intercepts'))?.verbs

  t.deepEqual(verbs, ['create', 'get', 'list', 'watch', 'update', 'delete'])
  t.false(rules.some(({ verbs }) => verbs.includes('*')))
})

test('the webhook may read one Secret and one ConfigMap and list no others', t => {
  const rules = dig(find('Role', 'waylay-webhook'), 'rules')

  t.deepEqual(rules, [
    { apiGroups: [''], resources: ['secrets'], verbs: ['create'] },
    { apiGroups: [''], resources: ['secrets'], resourceNames: ['waylay-webhook'], verbs: ['get', 'list', 'watch', 'update'] },
    { apiGroups: [''], resources: ['configmaps'], verbs: ['create'] },
    {
      apiGroups: [''],
      resources: ['configmaps'],
      resourceNames: ['waylay-bypass'],
      verbs: ['get', 'list', 'watch', 'update']
    }
  ])
})
