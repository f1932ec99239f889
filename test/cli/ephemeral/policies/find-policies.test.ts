import test, { type ExecutionContext } from 'ava'
import { findPolicies } from '../../../../cli/ephemeral/policies/find-policies.ts'
import { servePaths, type Answers } from '../../helpers/path-server.ts'

const COPY = {
  'waylay.dev/copy': 'payments-pr-1', 'waylay.dev/environment': 'pr-1', 'waylay.dev/environment-part': 'copy'
}
const COMPANION = { 'waylay.dev/environment': 'pr-1', 'waylay.dev/environment-part': 'companion' }
const PAYMENTS = { matchLabels: { app: 'payments' } }
const NETWORK = '/apis/networking.k8s.io/v1'
const SLICES = '/apis/discovery.k8s.io/v1/namespaces/default/endpointslices' +
  '?labelSelector=kubernetes.io%2Fservice-name%3Dkubernetes'

type Options = {
  readonly policies?: readonly object[] | number
  /** Of all namespaces. */
  readonly everywhere?: readonly object[] | number
  /** By group and version: by kind, what there is. */
  readonly groups?: Readonly<Record<string, Readonly<Record<string, readonly object[] | number>>>>
  readonly more?: Answers
  readonly allowUncloned?: boolean
}

const list = (items: readonly object[] | number) => typeof items === 'number' ? items : { items }

async function find (t: ExecutionContext, options: Options) {
  const { policies = [], everywhere = 403, groups = {}, more = {}, allowUncloned = false } = options
  const answers: Answers = {
    '/apis': {
      groups: Object.keys(groups).map(apiVersion =>
        ({ name: apiVersion.split('/')[0], preferredVersion: { groupVersion: apiVersion } }))
    },
    [NETWORK]: { resources: [{ name: 'networkpolicies', kind: 'NetworkPolicy', namespaced: true }] },
    [`${NETWORK}/namespaces/shop/networkpolicies?limit=500`]: list(policies),
    [`${NETWORK}/networkpolicies?limit=500`]: list(everywhere),
    ...more
  }
  for (const [apiVersion, kinds] of Object.entries(groups)) {
    const names = Object.keys(kinds).map(kind => ({ kind, name: kind.toLowerCase(), namespaced: true }))
    answers[`/apis/${apiVersion}`] = { resources: names }
    for (const { kind, name } of names) {
      answers[`/apis/${apiVersion}/namespaces/shop/${name}?limit=500`] = list(kinds[kind] ?? [])
    }
  }
  const { cluster, requests } = await servePaths(t, answers)
  const found = findPolicies(cluster, {
    namespace: 'shop',
    namespaceLabels: { 'kubernetes.io/metadata.name': 'shop' },
    environment: 'pr-1',
    copies: [{
      copy: 'payments-pr-1',
      workload: 'deployment/payments',
      original: { app: 'payments' },
      labels: COPY,
      ports: [8080],
      services: ['payments']
    }],
    companion: { labels: COMPANION, serviceAccount: 'waylay-env-pr-1' },
    allowUncloned
  })
  return { found, requests }
}

const networkPolicy = (name: string, spec: object, namespace = 'shop') => ({
  metadata: {
    name, namespace, labels: { 'argocd.argoproj.io/instance': 'shop' }, annotations: { 'meta.helm.sh/release-name': 'x' }
  },
  spec
})
const CLOSED = networkPolicy('closed', { podSelector: {}, policyTypes: ['Ingress', 'Egress'] })

test('without policies nothing is made, and nobody is asked where the API server is', async t => {
  const { found, requests } = await find(t, {})
  const { objects, warnings } = await found
  t.deepEqual([...objects], [['payments-pr-1', []]])
  t.deepEqual(warnings, [])
  t.false(requests.some(path => path.includes('/default/')))
})

test('in a closed namespace copy and companion get what they need, and no more', async t => {
  const { found } = await find(t, {
    policies: [CLOSED],
    more: {
      '/api/v1/namespaces/default/services/kubernetes': { spec: { clusterIPs: ['10.0.0.1', 'fd00::1'], ports: [{ port: 443 }] } },
      [SLICES]: { items: [{ endpoints: [{ addresses: ['192.0.2.1'] }], ports: [{ port: 6443 }] }] }
    }
  })
  const { objects } = await found
  const to = (cidr: string, port: number) => ({ to: [{ ipBlock: { cidr } }], ports: [{ protocol: 'TCP', port }] })
  t.deepEqual(objects.get('payments-pr-1')?.map(object => (object as { spec?: object }).spec), [
    {
      podSelector: { matchLabels: COPY },
      policyTypes: ['Ingress'],
      ingress: [{ from: [{ podSelector: { matchLabels: COMPANION } }], ports: [{ protocol: 'TCP', port: 8080 }] }]
    },
    {
      podSelector: { matchLabels: COMPANION },
      policyTypes: ['Egress'],
      egress: [
        { to: [{ podSelector: { matchLabels: COPY } }] },
        { ports: [53, 5353].flatMap(port => [{ protocol: 'UDP', port }, { protocol: 'TCP', port }]) },
        to('10.0.0.1/32', 443), to('fd00::1/128', 443), to('192.0.2.1/32', 6443)
      ]
    }
  ])
})

const PORTS_ALONE = { ports: [443, 6443, 8443, 16443].map(port => ({ protocol: 'TCP', port })) }

test('where we may not see the API server\'s addresses its ports are let through, for the companion alone', async t => {
  const { found } = await find(t, {
    policies: [CLOSED], more: { '/api/v1/namespaces/default/services/kubernetes': 403, [SLICES]: 403 }
  })
  const companion = (await found).objects.get('payments-pr-1')?.at(-1) as { spec?: { egress?: object[] } }
  t.deepEqual(companion.spec?.egress?.at(-1), PORTS_ALONE)
})

test('under Cilium, which does not find the API server by address, it is its ports, too', async t => {
  const { found, requests } = await find(t, { policies: [CLOSED], groups: { 'cilium.io/v2': { CiliumNetworkPolicy: [] } } })
  const companion = (await found).objects.get('payments-pr-1')?.at(-1) as { spec?: { egress?: object[] } }
  t.deepEqual(companion.spec?.egress?.at(-1), PORTS_ALONE)
  t.false(requests.some(path => path.includes('/default/')))
})

test('a policy of ours carries our labels, and nothing of the one that it follows', async t => {
  const ours = { ...CLOSED, metadata: { name: 'x', labels: { 'waylay.dev/environment-part': 'policy' } } }
  const named = networkPolicy('named', { podSelector: PAYMENTS, policyTypes: ['Egress'], egress: [{}] })
  const { found } = await find(t, { policies: [named, ours] })
  t.deepEqual((await found).objects.get('payments-pr-1'), [{
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: {
      name: 'payments-pr-1-as-named',
      namespace: 'shop',
      labels: { ...COPY, 'waylay.dev/environment-part': 'policy' }
    },
    spec: { podSelector: { matchLabels: COPY }, policyTypes: ['Egress'], egress: [{}] }
  }])
})

test('a name that would be too long is cut, and told apart by a hash', async t => {
  const rules = { podSelector: PAYMENTS, policyTypes: ['Egress'], egress: [{}] }
  const { found } = await find(t, {
    policies: ['a', 'b'].map(end => networkPolicy(`${'long.'.repeat(48)}${end}`, rules))
  })
  const names = (await found).objects.get('payments-pr-1')?.map(({ metadata }) => metadata.name) ?? []
  t.is(new Set(names).size, 2)
  for (const name of names) t.regex(name, /^payments-pr-1-as-[a-z.]+-[0-9a-f]{8}$/)
  t.true(names.every(({ length }) => length <= 253))
})

test('a right that is missing is named, and the rest goes on', async t => {
  const { found } = await find(t, {
    policies: 403, groups: { 'security.istio.io/v1': { PeerAuthentication: 403, RequestAuthentication: [] } }
  })
  const { warnings } = await found
  t.is(warnings.length, 2)
  t.regex(warnings[0] ?? '', /not looked at.*You may not list networkpolicies\.networking\.k8s\.io in namespace "shop"/)
  t.regex(warnings[1] ?? '', /You may not list peerauthentication\.security\.istio\.io in namespace "shop"/)
})

test('an API server that does not answer now is no cluster without policies', async t => {
  for (const options of [{ policies: 503 }, { groups: { 'security.istio.io/v1': { AuthorizationPolicy: 503 } } }]) {
    const { found } = await find(t, options)
    await t.throwsAsync(found, { code: 'WAYLAY_NO_CLUSTER' })
  }
})

test('a policy of another namespace that lets the original through is told of', async t => {
  const rule = { from: [{ namespaceSelector: {}, podSelector: PAYMENTS }] }
  const theirs = networkPolicy('theirs', { podSelector: {}, policyTypes: ['Ingress'], ingress: [rule] }, 'ledger')
  const { found } = await find(t, { everywhere: [theirs] })
  const { objects, warnings } = await found
  t.deepEqual([...objects], [['payments-pr-1', []]])
  t.regex(warnings.join(), /^NetworkPolicy theirs of namespace ledger lets deployment\/payments through, and not its copy/)
})

const UNFIT = {
  'cilium.io/v2': {
    CiliumNetworkPolicy: [
      { metadata: { name: 'subject' }, spec: { endpointSelector: { matchLabels: { 'k8s:app': 'payments' } } } },
      { metadata: { name: 'peer' }, specs: [{ endpointSelector: {}, ingress: [{ fromEndpoints: [PAYMENTS] }] }] },
      { metadata: { name: 'elsewhere' }, spec: { endpointSelector: {}, ingress: [{ fromEndpoints: [{ matchLabels: { app: 'payments', 'k8s:io.kubernetes.pod.namespace': 'other' } }] }] } },
      { metadata: { name: 'all' }, spec: { endpointSelector: {}, egress: [{ toEndpoints: [{}] }] } }
    ]
  },
  'crd.projectcalico.org/v1': {
    NetworkPolicy: [
      { metadata: { name: 'calico' }, spec: { selector: 'app == "payments"' } },
      { metadata: { name: 'unread' }, spec: { selector: 'app ~ "payments"' } },
      { metadata: { name: 'others' }, spec: { selector: 'app == "web"', ingress: [{ source: { selector: 'all()' } }] } }
    ]
  },
  'policy.linkerd.io/v1beta3': { Server: [{ metadata: { name: 'http' }, spec: { podSelector: PAYMENTS } }] },
  'policy.networking.k8s.io/v1alpha1': {
    AdminNetworkPolicy: [
      { metadata: { name: 'admin' }, spec: { subject: { pods: { namespaceSelector: {}, podSelector: PAYMENTS } } } },
      { metadata: { name: 'not-here' }, spec: { subject: { pods: { namespaceSelector: { matchLabels: { a: 'b' } }, podSelector: PAYMENTS } } } }
    ]
  }
}
const UNFIT_NAMES = ['CiliumNetworkPolicy subject', 'CiliumNetworkPolicy peer', 'NetworkPolicy calico',
  'NetworkPolicy unread', 'Server http', 'AdminNetworkPolicy admin']

test('what cannot be copied is refused, each by its name', async t => {
  const { found } = await find(t, { groups: UNFIT })
  const error = await t.throwsAsync(found)
  t.like(error, { code: 'WAYLAY_POLICY_UNFIT' })
  t.deepEqual(error?.message.replace(/^.*?: /, '').split('; ').map(text => text.replace(/ is about.*/, '')), UNFIT_NAMES)
})

test('or with --ignore-policies told of', async t => {
  const { found } = await find(t, { groups: UNFIT, allowUncloned: true })
  const { warnings } = await found
  t.deepEqual(warnings.map(text => text.replace(/ is about.*/, '')), UNFIT_NAMES)
})
