import test from 'ava'
import { planIstioPolicies } from '../../../../cli/ephemeral/policies/plan-istio.ts'
import type { IstioPolicy, IstioSpec } from '../../../../cli/ephemeral/policies/istio-kinds.ts'

const COPY = {
  'waylay.dev/copy': 'payments-pr-1', 'waylay.dev/environment': 'pr-1', 'waylay.dev/environment-part': 'copy'
}
const PODS = {
  copy: 'payments-pr-1',
  workload: 'deployment/payments',
  original: { app: 'payments' },
  labels: { ...COPY, other: 'label' },
  ports: [8080],
  services: ['payments']
}
const COMPANION = '*/ns/shop/sa/waylay-env-pr-1'
const ABOUT_ORIGINAL = { selector: { matchLabels: { app: 'payments' } } }

function policy (kind: string, spec: IstioSpec, annotations = {}): IstioPolicy {
  const metadata = { name: 'own', namespace: 'shop', labels: { 'app.kubernetes.io/managed-by': 'Helm' }, annotations }
  return { apiVersion: 'security.istio.io/v1', kind, metadata, spec }
}

function plan (...policies: readonly IstioPolicy[]) {
  const facts = { namespace: 'shop', environment: 'pr-1', policies, serviceAccount: 'waylay-env-pr-1' }
  return planIstioPolicies(facts, PODS)
}

function specOf (planned: ReturnType<typeof plan>): IstioSpec | undefined {
  return (planned.objects[0] as IstioPolicy | undefined)?.spec
}

test('a policy about the original is cloned for the copy, with nothing of its metadata', t => {
  const spec = { ...ABOUT_ORIGINAL, mtls: { mode: 'STRICT' } } as IstioSpec
  const last = { 'kubectl.kubernetes.io/last-applied-configuration': '{}' }
  t.deepEqual(plan(policy('PeerAuthentication', spec, last)), {
    objects: [{
      apiVersion: 'security.istio.io/v1',
      kind: 'PeerAuthentication',
      metadata: {
        name: 'payments-pr-1-as-own',
        namespace: 'shop',
        labels: { ...COPY, 'waylay.dev/environment-part': 'policy' }
      },
      spec: { selector: { matchLabels: COPY }, mtls: { mode: 'STRICT' } }
    }],
    warnings: []
  })
})

test('who may call is judged at the original: the companion may bring what its callers may send', t => {
  const rule = {
    from: [{ source: { principals: ['cluster.local/ns/shop/sa/web'], requestPrincipals: ['*'] } }],
    to: [{ operation: { methods: ['GET'] } }],
    when: [{ key: 'source.namespace', values: ['shop'] }, { key: 'request.auth.claims[iss]', values: ['us'] }]
  }
  const planned = plan(policy('AuthorizationPolicy', { ...ABOUT_ORIGINAL, rules: [rule] }))
  t.deepEqual(specOf(planned)?.rules, [rule, {
    from: [{ source: { principals: [COMPANION], requestPrincipals: ['*'] } }],
    to: [{ operation: { methods: ['GET'] } }],
    when: [{ key: 'request.auth.claims[iss]', values: ['us'] }]
  }])
})

test('a rule that refuses by who calls spares the companion, any other refuses it like everybody', t => {
  const byCaller = { from: [{ source: { notPrincipals: ['cluster.local/ns/shop/sa/web'] } }] }
  const byPath = { to: [{ operation: { paths: ['/admin'] } }] }
  const spec = { ...ABOUT_ORIGINAL, action: 'DENY', rules: [byCaller, byPath] }
  t.deepEqual(specOf(plan(policy('AuthorizationPolicy', spec)))?.rules, [
    { ...byCaller, when: [{ key: 'source.principal', notValues: [COMPANION] }] }, byPath
  ])
})

test('where a policy of the whole namespace closes the copy, one more lets the companion through', t => {
  const rule = { from: [{ source: { principals: ['cluster.local/ns/shop/sa/web'] } }] }
  t.deepEqual(specOf(plan(policy('AuthorizationPolicy', { rules: [rule] }))), {
    selector: { matchLabels: COPY }, action: 'ALLOW', rules: [{ from: [{ source: { principals: [COMPANION] } }] }]
  })
  t.deepEqual(plan(policy('AuthorizationPolicy', {})).objects, [])
  t.deepEqual(plan(policy('AuthorizationPolicy', { rules: [{ to: [{}] }] })).objects, [])
})

test('a policy of the whole namespace that refuses by who calls is told of', t => {
  const { objects, warnings } = plan(policy('AuthorizationPolicy', {
    action: 'DENY', rules: [{ from: [{ source: { notNamespaces: ['web'] } }] }]
  }))
  t.deepEqual(objects, [])
  t.regex(warnings.join('\n'), /^AuthorizationPolicy own looks at who calls: .* deployment\/payments .*/)
})

test('a policy about a Service of the original is cloned for that of the copy', t => {
  const targetRefs = [{ group: '', kind: 'Service', name: 'payments' }]
  const spec = specOf(plan(policy('AuthorizationPolicy', { targetRefs, action: 'AUDIT', rules: [{}] })))
  t.deepEqual(spec, { targetRefs: [{ group: '', kind: 'Service', name: 'payments-pr-1' }], action: 'AUDIT', rules: [{}] })
  t.deepEqual(plan(policy('AuthorizationPolicy', { targetRefs: [{ kind: 'Gateway', name: 'payments' }] })).objects, [])
})

test('a Sidecar is cloned by the selector it has, and a policy that is tried out stays one', t => {
  const sidecar = policy('Sidecar', { workloadSelector: { labels: { app: 'payments' } } }, { 'istio.io/dry-run': 'true' })
  const { objects } = plan(sidecar)
  t.like(objects[0], {
    metadata: { annotations: { 'istio.io/dry-run': 'true' } }, spec: { workloadSelector: { labels: COPY } }
  })
})

test('policies about others, and about the copy alone', t => {
  t.deepEqual(plan(policy('PeerAuthentication', { selector: { matchLabels: { app: 'web' } } })),
    { objects: [], warnings: [] })
  const { objects, warnings } = plan(policy('PeerAuthentication', { selector: { matchLabels: { other: 'label' } } }))
  t.deepEqual(objects, [])
  t.regex(warnings.join(), /is about the copy of deployment\/payments, and not about the original/)
})
