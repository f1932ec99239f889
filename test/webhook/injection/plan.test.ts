import test from 'ava'
import { parseInjectedConfig, parseInjectionStatus } from '../../../common/injected.ts'
import { applyPatch } from '../../../webhook/apply-patch.ts'
import { planInjection } from '../../../webhook/injection/plan.ts'
import { findInjectionFault } from '../../../webhook/injection/verify.ts'
import { aContainer, aContext, aPod, configOf, inject } from '../pods.ts'

test('init container and proxy stand in front of the app\'s init containers', t => {
  const { pod } = inject(aPod({ spec: { initContainers: [{ name: 'migrate' }, { name: 'warm-up' }] } }))

  t.deepEqual(pod.spec.initContainers?.map(({ name }) => name), ['waylay-init', 'waylay-proxy', 'migrate', 'warm-up'])
})

test('a second plan for an injected pod skips it', t => {
  const { pod } = inject(aPod())

  t.deepEqual(planInjection(pod, aContext()), { kind: 'skip', reason: { kind: 'already-injected' } })
})

test('the same pod gives the same patch every time', t => {
  t.deepEqual(planInjection(aPod(), aContext()), planInjection(aPod(), aContext()))
})

test('planning leaves the pod it was given untouched', t => {
  const pod = aPod()

  inject(pod)

  t.deepEqual(pod, aPod())
})

test('fields that waylay does not know survive the patch', t => {
  const before = aPod({
    containers: [aContainer({ hologram: { mode: 'x' } })],
    metadata: { annotations: { 'team/owner': 'maria~/slash' }, strange: null }
  })

  const { pod } = inject(before)

  t.like(pod, { spec: { futureField: { kept: [1, 2] } }, metadata: { strange: null } })
  t.deepEqual(pod.spec.containers, before.spec.containers)
  t.is(pod.metadata?.annotations?.['team/owner'], 'maria~/slash')
})

test('every operation but a probe\'s adds and none removes', t => {
  const { plan } = inject(aPod({ containers: [aContainer({ livenessProbe: { httpGet: { port: 8080 } } })] }))

  t.deepEqual(plan.patch.map(({ op }) => op), ['replace', 'add', 'add', 'add', 'add'])
})

const shapes: Record<string, Parameters<typeof aPod>[0]> = {
  'nothing optional': {},
  'empty lists': { spec: { initContainers: [], volumes: [] }, metadata: { annotations: {} } },
  'null lists': { spec: { initContainers: null, volumes: null }, metadata: { annotations: null } },
  'everything present': {
    spec: { initContainers: [{ name: 'migrate' }], volumes: [{ name: 'data' }] },
    metadata: { annotations: { 'waylay.dev/ports': '8080' } }
  },
  'a native sidecar with probes': {
    spec: {
      initContainers: [
        { name: 'envoy', restartPolicy: 'Always', ports: [{ containerPort: 9000 }], startupProbe: { tcpSocket: { port: 9000 } } }
      ]
    }
  }
}
for (const [name, parts] of Object.entries(shapes)) {
  test(`the patch applies to a pod with ${name} and changes nothing else`, t => {
    const before = aPod(parts)
    const { plan, pod } = inject(before)

    t.is(findInjectionFault(before, pod, plan.patch), undefined)
  })
}

test('a patch that changes more than it may is found out', t => {
  const before = aPod()
  const { plan } = inject(before)
  const greedy = [...plan.patch, { op: 'add', path: '/spec/hostNetwork', value: true } as const]
  const half = plan.patch.slice(1)

  t.is(findInjectionFault(before, applyPatch(before, greedy), greedy), 'the patch changes more than it should')
  t.is(findInjectionFault(before, applyPatch(before, half), half), 'our containers are not in front')
})

test('a patch with a path that is not there does not apply', t => {
  const patch = [{ op: 'replace', path: '/spec/containers/7/livenessProbe/httpGet/port', value: 1 } as const]

  t.throws(() => applyPatch(aPod(), patch), { message: /Path not found/ })
})

test('the proxy reads a configuration the common parser accepts', t => {
  const { pod } = inject(aPod())

  const config = parseInjectedConfig(JSON.stringify(configOf(pod)))

  t.is(config.workload, 'pod/debug')
  t.is(config.namespace, 'shop')
  t.deepEqual(config.ports, [{ port: 8080, listener: 15100, redirect: 'always' }])
})

const APPEND = { 'waylay.dev/forwarded-for': 'append' }
for (const [name, annotations, namespaceAnnotations, forwardedFor] of [
  ['nobody', {}, {}, false],
  ['the pod', APPEND, {}, true],
  ['the namespace', {}, APPEND, true]
] as const) {
  test(`the proxy is told to append callers' addresses: ${forwardedFor}, as ${name} asks for it`, t => {
    const { pod, plan } = inject(aPod({ metadata: { annotations } }), aContext({ namespaceAnnotations }))

    t.is(parseInjectedConfig(JSON.stringify(configOf(pod))).forwardedFor, forwardedFor)
    const [warning = '', ...others] = plan.warnings
    t.deepEqual(others, [])
    t.is(warning.includes('X-Forwarded-For of HTTP/1 requests ends with the caller\'s address'), forwardedFor)
    t.is(warning.includes('waylay.dev/forwarded-for: append'), !forwardedFor)
  })
}

test('the status annotation tells ports and workload but no listener', t => {
  const { pod, plan } = inject(aPod())

  t.deepEqual(parseInjectionStatus(pod.metadata?.annotations?.['waylay.dev/status'] ?? ''), plan.status)
  t.deepEqual(plan.status.ports, [{ port: 8080, redirect: 'always' }])
})

test('the proxy holds no capability, no probe and no limit', t => {
  const { pod } = inject(aPod({ containers: [aContainer({ resources: { requests: { cpu: '1' } } })] }))
  const proxy = pod.spec.initContainers?.[1]

  t.like(proxy, {
    restartPolicy: 'Always',
    resources: { requests: { cpu: '10m', memory: '64Mi' } },
    securityContext: { runAsUser: 15901, runAsGroup: 15901, runAsNonRoot: true, capabilities: { drop: ['ALL'] } }
  })
  t.is(proxy?.resources?.limits, undefined)
  t.is(proxy?.readinessProbe ?? proxy?.livenessProbe ?? proxy?.startupProbe, undefined)
})

test('only the init container is root and it adds NET_ADMIN alone', t => {
  const { pod } = inject(aPod({ spec: { securityContext: { runAsNonRoot: true } } }))

  t.like(pod.spec.initContainers?.[0], {
    securityContext: {
      runAsUser: 0, runAsNonRoot: false, allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'], add: ['NET_ADMIN'] }
    }
  })
})

test('the pod\'s name comes before the configuration that may refer to it', t => {
  const { pod } = inject(aPod({ metadata: { name: undefined, generateName: 'debug-' } }))
  const proxy = pod.spec.initContainers?.[1] as unknown as { readonly env: readonly { name: string }[] }
  const names = proxy.env.map(({ name }) => name)

  t.true(names.indexOf('WAYLAY_POD_NAME') < names.indexOf('WAYLAY_CONFIG'))
  t.like(configOf(pod), { workload: 'pod/$(WAYLAY_POD_NAME)' })
})

test('both containers cover the path where a service account token would be', t => {
  const { pod } = inject(aPod())
  const ours = pod.spec.initContainers as unknown as readonly { volumeMounts: readonly { mountPath: string }[] }[]

  for (const { volumeMounts } of ours) {
    t.true(volumeMounts.some(({ mountPath }) => mountPath === '/var/run/secrets/kubernetes.io/serviceaccount'))
  }
})
