import test from 'ava'
import { parseInjectedConfig, parseInjectionStatus } from '../../../common/injected.ts'
import { applyPatch } from '../../../webhook/apply-patch.ts'
import type { InjectionContext } from '../../../webhook/injection/context.ts'
import type { Pod } from '../../../webhook/injection/pod.ts'
import { planInjection } from '../../../webhook/injection/plan.ts'
import { findInjectionFault, findWithdrawalFault } from '../../../webhook/injection/verify.ts'
import { aContainer, aContext, aPod, configOf, inject } from '../pods.ts'

const KUBERNETES = { isOpenShift: false, kubernetes: { major: 1, minor: 34 } }
const IANA_NAME = /^(?=.{1,15}$)(?=.*[a-z])[a-z0-9]+(-[a-z0-9]+)*$/
const HTTP = { name: 'http', containerPort: 8080 }

const context = (parts: Partial<InjectionContext> = {}): InjectionContext => aContext({ cluster: KUBERNETES, ...parts })
const annotations = (more: object = {}): object => ({ annotations: { 'waylay.dev/mode': 'named-port', ...more } })
const podOf = (container: object, more: object = {}, spec: object = {}): Pod =>
  aPod({ containers: [aContainer({ ports: [HTTP], ...container })], metadata: annotations(more), spec })

type Declares = { readonly ports?: readonly { readonly name?: string, readonly containerPort: number }[] }
const portsOf = (container: Declares | undefined): unknown =>
  container?.ports?.map(({ name = '-', containerPort }) => `${name}:${containerPort}`)

test('the proxy takes the name, the app gets another one, and there is no init container', t => {
  const { pod } = inject(podOf({}), context())

  t.deepEqual(pod.spec.initContainers?.map(({ name }) => name), ['waylay-proxy'])
  t.deepEqual(portsOf(pod.spec.initContainers?.[0]), ['http:15100'])
  t.deepEqual(portsOf(pod.spec.containers[0]), ['app-8080:8080'])
  const proxyText = JSON.stringify(pod.spec.initContainers?.[0])
  t.like(parseInjectedConfig(JSON.stringify(configOf({ spec: { ...pod.spec, initContainers: [{ name: '-' }, ...pod.spec.initContainers ?? []] } }))), {
    mode: 'named-port',
    ports: [{ port: 8080, name: 'http', listener: 15100, redirect: 'always' }],
    renamed: [{ from: 'http', to: 'app-8080' }]
  })
  t.false(proxyText.includes('NET_ADMIN'))
})

test('everything Pod Security "restricted" asks of a container is said on ours', t => {
  const { pod } = inject(podOf({}), context({ namespaceLabels: { 'pod-security.kubernetes.io/enforce': 'restricted' } }))

  t.like(pod.spec.initContainers?.[0], {
    securityContext: {
      runAsNonRoot: true,
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
      seccompProfile: { type: 'RuntimeDefault' }
    },
    readinessProbe: { httpGet: { path: '/healthz', port: 15902 } }
  })
  t.true(pod.spec.volumes?.every(volume => 'emptyDir' in volume))
})

test('probes and hooks that named the port get its number, all others stay', t => {
  const { pod } = inject(podOf({
    readinessProbe: { httpGet: { path: '/', port: 'http' } },
    livenessProbe: { tcpSocket: { port: 8080 } },
    startupProbe: { grpc: { port: 9000 } },
    lifecycle: { preStop: { httpGet: { path: '/bye', port: 'http' } }, postStart: { exec: { command: ['true'] } } }
  }), context())

  t.like(pod.spec.containers[0], {
    readinessProbe: { httpGet: { path: '/', port: 8080 } },
    livenessProbe: { tcpSocket: { port: 8080 } },
    startupProbe: { grpc: { port: 9000 } },
    lifecycle: { preStop: { httpGet: { path: '/bye', port: 8080 } }, postStart: { exec: { command: ['true'] } } }
  })
})

test('a name in two containers leads to the first, and is nobody\'s but the proxy\'s afterwards', t => {
  const { pod, plan } = inject(aPod({
    containers: [
      aContainer({ ports: [HTTP, { containerPort: 9090 }, { name: 'app-8080', containerPort: 9091 }] }),
      aContainer({ name: 'other', ports: [{ name: 'http', containerPort: 7070 }], livenessProbe: { tcpSocket: { port: 'http' } } })
    ],
    metadata: annotations()
  }), context({ servicePorts: [8080] }))

  t.deepEqual(portsOf(pod.spec.containers[0]), ['app-8080-2:8080', '-:9090', 'app-9091:9091'])
  t.deepEqual(portsOf(pod.spec.containers[1]), ['app-7070:7070'])
  t.like(pod.spec.containers[1], { livenessProbe: { tcpSocket: { port: 7070 } } })
  t.deepEqual(portsOf(pod.spec.initContainers?.[0]), ['http:15100', 'app-8080:15101'])
  t.deepEqual(plan.status.unseen, [8080, 9090])
  t.true(plan.warnings.some(text => text.includes('goes past the proxy: 8080, 9090')), plan.warnings.join('\n'))
})

test('every name is a service name that is used once, whatever the pod calls its ports', t => {
  const names = ['http', 'app-8001', 'app-8001-2', 'app-8002', 'http-metrics-xy', 'grpc']
  const ports = names.map((name, index) => ({ name, containerPort: 8000 + index }))
  const { pod } = inject(podOf({ ports }), context())

  const after = [...pod.spec.containers, ...pod.spec.initContainers ?? []].flatMap(({ ports = [] }) => ports.map(({ name = '' }) => name))
  t.deepEqual(after.filter(name => !IANA_NAME.test(name)), [])
  t.is(new Set(after).size, after.length)
  t.deepEqual(pod.spec.initContainers?.[0]?.ports?.map(({ name }) => name), names)
})

test('by itself it takes names that may speak HTTP, by annotation those of the ports that it says', t => {
  const ports = [HTTP, { name: 'postgres', containerPort: 5432 }, { name: 'dns', containerPort: 53, protocol: 'UDP' }]
  const own = inject(podOf({ ports }), context())
  const asked = inject(podOf({ ports }, { 'waylay.dev/ports': '5432' }), context())

  t.deepEqual(portsOf(own.pod.spec.initContainers?.[0]), ['http:15100'])
  t.deepEqual(own.plan.status.unseen, [5432])
  t.deepEqual(portsOf(asked.pod.spec.initContainers?.[0]), ['postgres:15100'])
})

test('the status says what the mode cannot see, and the warnings that it fails closed', t => {
  const { pod, plan } = inject(podOf({}), context())

  t.deepEqual(parseInjectionStatus(pod.metadata?.annotations?.['waylay.dev/status'] ?? ''), plan.status)
  t.like(plan.status, { mode: 'named-port', ports: [{ port: 8080, name: 'http', redirect: 'always' }], unseen: [] })
  t.regex(plan.warnings.join('\n'), /while the proxy is down so are they/)
  t.regex(plan.warnings.join('\n'), /by number goes past the proxy/)
})

const refused: Record<string, [Pod, InjectionContext, RegExp]> = {
  'an API server of 1.31': [podOf({}), context({ cluster: { ...KUBERNETES, kubernetes: { major: 1, minor: 31 } } }), /needs Kubernetes 1.32, and this is 1.31/],
  'an API server that nobody has asked': [podOf({}), context({ cluster: { isOpenShift: false } }), /not known/],
  'ports without names': [podOf({ ports: [{ containerPort: 8080 }] }), context(), /no container has a named TCP port/],
  'a port of the annotation without a name': [podOf({}, { 'waylay.dev/ports': '9090' }), context(), /port 9090 has no name/],
  'ports on demand': [podOf({}, { 'waylay.dev/redirect': 'on-demand' }), context(), /on-demand/],
  'one port on demand': [podOf({}, { 'waylay.dev/ports': '8080=on-demand' }), context(), /on-demand/]
}
for (const [name, [pod, where, why]] of Object.entries(refused)) {
  test(`${name}: the pod is left alone and the warning says why`, t => {
    const plan = planInjection(pod, where)

    t.like(plan, { kind: 'skip', reason: { kind: 'named-port' } })
    t.regex(plan.kind === 'skip' ? plan.warning ?? '' : '', why)
  })
}

for (const level of ['baseline', 'restricted']) {
  test(`a namespace at ${level}: only with the annotation, on the pod or the namespace`, t => {
    const namespaceLabels = { 'pod-security.kubernetes.io/enforce': level }
    const bare = aPod({ containers: [aContainer({ ports: [HTTP] })] })

    const without = planInjection(bare, context({ namespaceLabels }))
    t.like(without, { kind: 'skip', reason: { kind: 'pod-security', level } })
    t.regex(without.kind === 'skip' ? without.warning ?? '' : '', /annotate waylay.dev\/mode: named-port/)
    t.is(planInjection(podOf({}), context({ namespaceLabels })).kind, 'inject')
    const byNamespace = context({ namespaceLabels, namespaceAnnotations: { 'waylay.dev/mode': 'named-port' } })
    t.is(planInjection(bare, byNamespace).kind, 'inject')
    const other = { 'waylay.dev/mode': 'iptables' }
    t.is(planInjection(aPod({ metadata: { annotations: other } }), byNamespace).kind, 'skip')
  })
}

test('a pod is injected once, and a mesh that comes later gets back the pod as it was', t => {
  const before = podOf({ readinessProbe: { tcpSocket: { port: 8080 } } })
  const { pod, plan } = inject(before, context())
  t.is(findInjectionFault(before, pod, plan.patch), undefined)
  t.like(planInjection(pod, context()), { kind: 'skip', reason: { kind: 'already-injected' } })

  const meshed = { ...pod, spec: { ...pod.spec, containers: [...pod.spec.containers, { name: 'istio-proxy' }] } }
  const withdrawal = planInjection(meshed, context())
  if (withdrawal.kind !== 'withdraw') return t.fail(withdrawal.kind)
  const after = applyPatch(meshed, withdrawal.patch) as Pod
  t.is(findWithdrawalFault(meshed, after, withdrawal.patch), undefined)
  t.deepEqual(after.spec.containers[0], before.spec.containers[0])
})

test('a patch that replaces anything but ports and their names is found out', t => {
  const before = podOf({})
  const { plan } = inject(before, context())
  for (const [path, value] of [
    ['/spec/containers/0/image', 'evil'], ['/spec/containers/0/ports/0/containerPort', 1], ['/spec/containers/0/ports/0/name', 'Bad_Name']
  ] as const) {
    const greedy = [{ op: 'replace', path, value } as const, ...plan.patch]
    t.is(findInjectionFault(before, applyPatch(before, greedy), greedy), 'the patch replaces more than it should', path)
  }
})
