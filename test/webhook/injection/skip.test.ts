import test from 'ava'
import { planInjection } from '../../../webhook/injection/plan.ts'
import type { InjectionContext } from '../../../webhook/injection/context.ts'
import type { SkipReason } from '../../../webhook/injection/skip.ts'
import { aContainer, aContext, aPod } from '../pods.ts'

type Case = {
  readonly pod?: Parameters<typeof aPod>[0]
  readonly context?: Partial<InjectionContext>
  readonly kind: SkipReason['kind']
  /** What the warning must name; without one there must be no warning. */
  readonly warning?: string
}

const annotated = (key: string, value: string): Case['pod'] => ({ metadata: { annotations: { [`waylay.dev/${key}`]: value } } })
const inject = (label: string): Readonly<Record<string, string>> => ({ 'waylay.dev/inject': label })
const manyPorts = Array.from({ length: 101 }, (_, index) => ({ containerPort: 20000 + index }))

const cases: Record<string, Case> = {
  'a pod that opted out': { pod: { metadata: { labels: { 'waylay.dev/inject': 'disabled' } } }, kind: 'disabled' },
  'a pod with an unknown label value': {
    pod: { metadata: { labels: { 'waylay.dev/inject': 'yes' } } }, kind: 'unknown-value', warning: '"yes"'
  },
  'a pod of a namespace that opted out': { context: { namespaceLabels: inject('disabled') }, kind: 'not-opted-in' },
  'a pod without a label where pods opt in': { context: { namespaceLabels: inject('pods') }, kind: 'not-opted-in' },
  'a pod of waylay itself': { context: { namespace: 'waylay-system' }, kind: 'system-namespace' },
  'a pod of another installation\'s namespace': {
    context: { namespace: 'tools', systemNamespace: 'tools' }, kind: 'system-namespace'
  },
  'a pod of kube-system': { context: { namespace: 'kube-system' }, kind: 'system-namespace' },
  'a mirror pod': { pod: { metadata: { annotations: { 'kubernetes.io/config.mirror': 'x' } } }, kind: 'mirror-pod' },
  'a pod on the node\'s network': { pod: { spec: { hostNetwork: true } }, kind: 'host-network', warning: 'hostNetwork' },
  'a Windows pod by its os': { pod: { spec: { os: { name: 'windows' } } }, kind: 'windows', warning: 'Windows' },
  'a Windows pod by its node selector': {
    pod: { spec: { nodeSelector: { 'kubernetes.io/os': 'windows' } } }, kind: 'windows', warning: 'Windows'
  },
  'a pod in a service mesh': {
    pod: { containers: [aContainer(), { name: 'istio-proxy' }] }, kind: 'meshed', warning: 'istio-proxy'
  },
  'a pod where Pod Security forbids NET_ADMIN': {
    context: { namespaceLabels: { 'pod-security.kubernetes.io/enforce': 'baseline' } }, kind: 'pod-security', warning: 'baseline'
  },
  'an unknown annotation key': {
    pod: annotated('prots', '8080'), kind: 'unknown-annotation', warning: 'waylay.dev/prots'
  },
  'an opt-in written as annotation': {
    pod: annotated('inject', 'enabled'), kind: 'unknown-value', warning: 'it is a label'
  },
  'an unknown redirect mode': { pod: annotated('redirect', 'sometimes'), kind: 'unknown-value', warning: 'always, on-demand' },
  'an unknown default of the namespace': {
    context: { namespaceAnnotations: { 'waylay.dev/redirect': 'never' } }, kind: 'unknown-value', warning: '"never"'
  },
  'a port that is no number': { pod: annotated('ports', '8080,http'), kind: 'unknown-value', warning: '8080,http' },
  'a port beyond the last': { pod: annotated('ports', '65536'), kind: 'unknown-value', warning: '65536' },
  'no port at all in the annotation': { pod: annotated('ports', ''), kind: 'unknown-value', warning: 'waylay.dev/ports' },
  'a memory that is no quantity': { pod: annotated('sidecar-memory', 'much'), kind: 'unknown-value', warning: 'much' },
  'an unknown way to forward': { pod: annotated('forwarded-for', 'replace'), kind: 'unknown-value', warning: 'append' },
  'a language that is not known': { pod: annotated('propagate', 'ruby'), kind: 'unknown-value', warning: 'nodejs, java, python' },
  'the named-port mode': { pod: annotated('mode', 'named-port'), kind: 'named-port', warning: 'is not known' },
  'a TLS secret that is no name': { pod: annotated('tls-secret', 'A/B'), kind: 'unknown-value', warning: 'waylay.dev/tls-secret' },
  'a pod without any port': { pod: { containers: [{ name: 'worker' }] }, kind: 'no-tcp-port', warning: 'waylay.dev/ports' },
  'a pod with only UDP ports': {
    pod: { containers: [aContainer({ ports: [{ containerPort: 53, protocol: 'UDP' }] })] },
    kind: 'no-tcp-port',
    warning: 'TCP'
  },
  'an app on the tunnel\'s port': {
    pod: { containers: [aContainer({ ports: [{ containerPort: 15900 }] })] }, kind: 'port-taken', warning: '15900'
  },
  'an app probed on the health port': {
    pod: { containers: [aContainer({ livenessProbe: { tcpSocket: { port: 15902 } } })] }, kind: 'port-taken', warning: '15902'
  },
  'a sandbox by the name of its class': { pod: { spec: { runtimeClassName: 'gVisor' } }, kind: 'runtime-class', warning: 'gVisor' },
  'a sandbox with words around its name': {
    pod: { spec: { runtimeClassName: 'prod.Kata2-fc' } }, kind: 'runtime-class', warning: 'prod.Kata2-fc'
  },
  'a kubelet before native sidecars': {
    context: { cluster: { isOpenShift: false, oldestNode: { name: 'old', major: 1, minor: 28 } } }, kind: 'old-node', warning: 'old'
  },
  'a pod whose owner\'s last one was refused': {
    context: { bypass: { why: 'the last one was refused', untilMs: 1 } }, kind: 'bypassed', warning: 'the last one was refused'
  },
  'a container with a name of ours': {
    pod: { containers: [aContainer({ name: 'waylay-proxy' })] }, kind: 'name-taken', warning: 'waylay-proxy'
  },
  'a volume with a name of ours': {
    pod: { spec: { volumes: [{ name: 'waylay-tls-0' }] } }, kind: 'name-taken', warning: 'waylay-tls-0'
  },
  'a port that is named twice': { pod: annotated('ports', '80,80'), kind: 'unknown-value', warning: '80,80' },
  'a Secret that is named twice for a port': { pod: annotated('tls-secret', '80=a,80=b'), kind: 'unknown-value', warning: '80=a,80=b' },
  'a key that only a namespace may have': { pod: annotated('egress', 'allow'), kind: 'unknown-annotation', warning: 'egress' },
  'an unknown key of the namespace': {
    context: { namespaceAnnotations: { 'waylay.dev/prots': '80' } }, kind: 'unknown-annotation', warning: 'waylay.dev/prots'
  },
  'a pod with 101 ports': { pod: { containers: [aContainer({ ports: manyPorts })] }, kind: 'too-many-ports', warning: '101' }
}

for (const [name, { pod, context, kind, warning }] of Object.entries(cases)) {
  test(`${name} is not injected for the reason ${kind}`, t => {
    const plan = planInjection(aPod(pod), aContext(context))

    if (plan.kind !== 'skip') return t.fail('it was injected')
    t.is(plan.reason.kind, kind)
    if (warning === undefined) return t.is(plan.warning, undefined)
    t.true(plan.warning?.includes(warning), plan.warning)
  })
}

test('a pod with the label is injected where pods opt in', t => {
  const context = aContext({ namespaceLabels: inject('pods') })

  t.is(planInjection(aPod({ metadata: { labels: inject('enabled') } }), context).kind, 'inject')
})

test('a stale status of ours on a template does not stop injection', t => {
  t.is(planInjection(aPod(annotated('status', '{}')), aContext()).kind, 'inject')
})

test('a namespace that enforces privileged Pod Security is injected', t => {
  const context = aContext({ namespaceLabels: { 'pod-security.kubernetes.io/enforce': 'privileged' } })

  t.is(planInjection(aPod(), context).kind, 'inject')
})

test('a node whose kubelet nobody knows keeps no pod from injection', t => {
  t.is(planInjection(aPod(), aContext({ cluster: { isOpenShift: false } })).kind, 'inject')
})

for (const runtimeClass of ['runc', 'nvidia', 'katana', 'my-gvisors', 'kataklysm']) {
  test(`a pod of the runtime class ${runtimeClass} is injected`, t => {
    t.is(planInjection(aPod({ spec: { runtimeClassName: runtimeClass } }), aContext()).kind, 'inject')
  })
}

test('a warning quotes a hostile value in one short line', t => {
  const plan = planInjection(aPod(annotated('ports', '80\n\u001b[31m\u202E' + 'x'.repeat(1000))), aContext())

  if (plan.kind !== 'skip') return t.fail('it was injected')
  t.regex(plan.warning ?? '', /^[^\p{C}]{1,250}$/u)
})
