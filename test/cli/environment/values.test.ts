import test from 'ava'
import type { LinkedService } from '../../../cli/cluster/config-objects.ts'
import type { PodDetail, ResourceFieldRef } from '../../../cli/cluster/pod-spec.ts'
import { expandReferences } from '../../../cli/environment/expand.ts'
import { fieldValue, formatMap } from '../../../cli/environment/field-value.ts'
import { readQuantity } from '../../../cli/environment/quantity.ts'
import { resourceValue } from '../../../cli/environment/resource-value.ts'
import { servicesBefore, serviceVariables } from '../../../cli/environment/service-variables.ts'

// The cases of Kubernetes' own test: third_party/forked/golang/expansion/expand_test.go, release 1.34.
const KNOWN: Readonly<Record<string, string>> = {
  VAR_A: 'A', VAR_B: 'B', VAR_C: 'C', VAR_REF: '$(VAR_A)', VAR_EMPTY: '', 'VAR-1': 'hyphen', ' ': 'blank'
}
const EXPANSIONS: readonly (readonly [text: string, result: string])[] = [
  ['$(VAR_A)', 'A'],
  ['___$(VAR_B)___', '___B___'],
  ['___$(VAR_C)', '___C'],
  ['$(VAR_A)-foo', 'A-foo'],
  ['$(VAR_A)$(VAR_B)', 'AB'],
  ['f000-$$VAR_A', 'f000-$VAR_A'],
  ['foo\\$(VAR_C)bar', 'foo\\Cbar'],
  ['$$$(VAR_A)', '$A'],
  ['$$$$(VAR_A)', '$$(VAR_A)'],
  ['$$$$$(VAR_A)', '$$A'],
  ['$$$$$$$(VAR_B)', '$$$B'],
  ['$VAR_A)', '$VAR_A)'],
  ['$(VAR_A)$(VAR_UNKNOWN)', 'A$(VAR_UNKNOWN)'],
  ['$(VAR_A', '$(VAR_A'],
  ['$(VAR_A$(VAR_B)', '$(VAR_A$(VAR_B)'],
  ['$(VAR_REF)', '$(VAR_A)'],
  ['$(VAR_EMPTY)', ''],
  ['$()', '$()'],
  ['$( )', 'blank'],
  ['$(VAR-1)', 'hyphen'],
  ['foo$', 'foo$'],
  ['$?', '$?'],
  ['$', '$'],
  ['$€$(VAR_A)', '$€A'],
  ['$😀$(VAR_A)', '$😀A'],
  ['$($(VAR_A', '$($(VAR_A'],
  ['\n$(VAR_A)\n', '\nA\n']
]

test('references are expanded as in the cases of Kubernetes itself', t => {
  for (const [text, result] of EXPANSIONS) t.is(expandReferences(text, name => KNOWN[name]), result, text)
})

const QUANTITIES: readonly (readonly [text: string, whole: bigint | undefined, milli: bigint | undefined])[] = [
  ['1', 1n, 1000n],
  ['100m', 1n, 100n],
  ['1500m', 2n, 1500n],
  ['0.5', 1n, 500n],
  ['.5', 1n, 500n],
  ['5.', 5n, 5000n],
  ['1u', 1n, 1n],
  ['1n', 1n, 1n],
  ['0', 0n, 0n],
  ['64Mi', 67_108_864n, 67_108_864_000n],
  ['1.5Gi', 1_610_612_736n, 1_610_612_736_000n],
  ['1e3', 1000n, 1_000_000n],
  ['1E3', 1000n, 1_000_000n],
  ['1E', 10n ** 18n, 10n ** 21n],
  ['12e-1', 2n, 1200n],
  ['2k', 2000n, 2_000_000n],
  ['-1500m', -1n, -1500n],
  ['9007199254740993', 9_007_199_254_740_993n, 9_007_199_254_740_993_000n],
  ['', undefined, undefined],
  ['.', undefined, undefined],
  ['1K', undefined, undefined],
  ['1 Mi', undefined, undefined],
  ['0x10', undefined, undefined]
]

test('quantities are read exactly and rounded up', t => {
  for (const [text, whole, milli] of QUANTITIES) {
    t.is(readQuantity(text, 'whole'), whole, text)
    t.is(readQuantity(text, 'milli'), milli, text)
  }
})

const POD: PodDetail = {
  metadata: {
    name: 'payments-1',
    namespace: 'shop',
    uid: 'u-1',
    labels: { app: 'payments', 'example.org/tier': 'back' },
    annotations: { note: 'a "b"\n\té\u0007\u200b', constructor: 'mine' }
  },
  spec: {
    nodeName: 'node-1',
    serviceAccountName: 'payer',
    containers: [
      { name: 'app', resources: { limits: { cpu: '1500m' }, requests: { cpu: '250m', memory: '64Mi', 'hugepages-2Mi': '4Mi' } } },
      { name: 'other', resources: { limits: { memory: '1Gi', 'ephemeral-storage': '2G' } } }
    ],
    initContainers: [{ name: 'first' }]
  },
  status: {
    hostIP: '192.0.2.1',
    hostIPs: [{ ip: '192.0.2.1' }, { ip: '2001:db8::1' }],
    podIP: '10.0.0.5',
    podIPs: [{ ip: '10.0.0.5' }, { ip: 'fd00::5' }]
  }
}

const FIELDS: readonly (readonly [path: string, value: string | undefined])[] = [
  ['metadata.name', 'payments-1'],
  ['metadata.namespace', 'shop'],
  ['metadata.uid', 'u-1'],
  ['metadata.labels[\'app\']', 'payments'],
  ['metadata.labels[\'example.org/tier\']', 'back'],
  ['metadata.labels[\'missing\']', ''],
  ['metadata.labels[\'constructor\']', ''],
  ['metadata.annotations[\'constructor\']', 'mine'],
  ['metadata.labels', 'app="payments"\nexample.org/tier="back"'],
  ['spec.nodeName', 'node-1'],
  ['spec.serviceAccountName', 'payer'],
  ['status.hostIP', '192.0.2.1'],
  ['status.hostIPs', '192.0.2.1,2001:db8::1'],
  ['status.podIP', '10.0.0.5'],
  ['status.podIPs', '10.0.0.5,fd00::5'],
  ['spec.containers', undefined],
  ['metadata.name[\'x\']', undefined]
]

test('fields of the pod are those of the downward API', t => {
  for (const [fieldPath, value] of FIELDS) t.is(fieldValue({ fieldPath }, POD), value, fieldPath)
})

test('labels and annotations in a file are quoted as Go quotes', t => {
  t.is(formatMap(POD.metadata.annotations), 'constructor="mine"\nnote="a \\"b\\"\\n\\té\\a\\u200b"')
  t.is(formatMap({ b: '\x01\x7f\u{e0001}😀', a: '\\' }), 'a="\\\\"\nb="\\x01\\x7f\\U000e0001😀"')
  t.is(formatMap(), '')
})

const ALLOCATABLE = { cpu: '2', memory: '4000000Ki', 'ephemeral-storage': '10G', pods: '110' }
const RESOURCES: readonly (readonly [ref: ResourceFieldRef, value: string])[] = [
  [{ resource: 'limits.cpu' }, '2'],
  [{ resource: 'limits.cpu', divisor: '1m' }, '1500'],
  [{ resource: 'limits.cpu', divisor: '0' }, '2'],
  [{ resource: 'limits.cpu', containerName: 'other' }, '2'],
  [{ resource: 'limits.cpu', containerName: 'other', divisor: '1m' }, '2000'],
  [{ resource: 'limits.memory', divisor: '1Mi' }, '3907'],
  [{ resource: 'limits.memory', containerName: 'other' }, '1073741824'],
  [{ resource: 'limits.ephemeral-storage' }, '10000000000'],
  [{ resource: 'limits.ephemeral-storage', containerName: 'other', divisor: '1M' }, '2000'],
  [{ resource: 'requests.cpu' }, '1'],
  [{ resource: 'requests.cpu', divisor: '1m' }, '250'],
  [{ resource: 'requests.memory', divisor: '1Ki' }, '65536'],
  [{ resource: 'requests.ephemeral-storage' }, '0'],
  [{ resource: 'requests.hugepages-2Mi', divisor: '1Mi' }, '4'],
  [{ resource: 'limits.hugepages-2Mi' }, '0'],
  [{ resource: 'limits.cpu', containerName: 'first' }, '0']
]

test('resources are divided and rounded up, and what has no limit may use the node', t => {
  for (const [ref, value] of RESOURCES) {
    t.deepEqual(resourceValue(ref, POD, POD.spec.containers[0], ALLOCATABLE), { value }, JSON.stringify(ref))
  }
  t.deepEqual(resourceValue({ resource: 'limits.memory' }, POD, POD.spec.containers[0], undefined), { needsNode: true })
  const whole = { ...POD, spec: { ...POD.spec, resources: { limits: { memory: '1Mi' } } } }
  t.deepEqual(resourceValue({ resource: 'limits.memory' }, whole, whole.spec.containers[0], undefined), { value: '1048576' })
  for (const resource of ['limits.gpu', 'cpu', 'limits.', 'requests.constructor']) {
    t.true('failure' in resourceValue({ resource }, POD, POD.spec.containers[0], ALLOCATABLE), resource)
  }
  t.true('failure' in resourceValue({ resource: 'limits.cpu', containerName: 'nobody' }, POD, undefined, ALLOCATABLE))
})

test('services give the variables of Docker\'s links and those of Kubernetes', t => {
  const services: LinkedService[] = [{
    metadata: { name: 'pay-ments', namespace: 'shop' },
    spec: { clusterIP: '10.1.0.1', ports: [{ port: 80, name: 'http-api' }, { port: 53, name: 'dns', protocol: 'UDP' }] }
  }, {
    metadata: { name: 'six', namespace: 'shop' }, spec: { clusterIP: 'fd00::1', ports: [{ port: 8080 }] }
  }, {
    metadata: { name: 'headless', namespace: 'shop' }, spec: { clusterIP: 'None', ports: [{ port: 80 }] }
  }, {
    metadata: { name: 'outside', namespace: 'shop' }, spec: {}
  }]

  t.deepEqual(Object.fromEntries(serviceVariables(services)), {
    PAY_MENTS_SERVICE_HOST: '10.1.0.1',
    PAY_MENTS_SERVICE_PORT: '80',
    PAY_MENTS_SERVICE_PORT_HTTP_API: '80',
    PAY_MENTS_SERVICE_PORT_DNS: '53',
    PAY_MENTS_PORT: 'tcp://10.1.0.1:80',
    PAY_MENTS_PORT_80_TCP: 'tcp://10.1.0.1:80',
    PAY_MENTS_PORT_80_TCP_PROTO: 'tcp',
    PAY_MENTS_PORT_80_TCP_PORT: '80',
    PAY_MENTS_PORT_80_TCP_ADDR: '10.1.0.1',
    PAY_MENTS_PORT_53_UDP: 'udp://10.1.0.1:53',
    PAY_MENTS_PORT_53_UDP_PROTO: 'udp',
    PAY_MENTS_PORT_53_UDP_PORT: '53',
    PAY_MENTS_PORT_53_UDP_ADDR: '10.1.0.1',
    SIX_SERVICE_HOST: 'fd00::1',
    SIX_SERVICE_PORT: '8080',
    SIX_PORT: 'tcp://[fd00::1]:8080',
    SIX_PORT_8080_TCP: 'tcp://[fd00::1]:8080',
    SIX_PORT_8080_TCP_PROTO: 'tcp',
    SIX_PORT_8080_TCP_PORT: '8080',
    SIX_PORT_8080_TCP_ADDR: 'fd00::1'
  })
})

test('services that came after the container give it nothing', t => {
  const at = (name: string, creationTimestamp: string): LinkedService => ({ metadata: { name, namespace: 'shop', creationTimestamp } })
  const services = [at('before', '2026-01-01T10:00:00Z'), at('with', '2026-01-01T10:00:05Z'), at('after', '2026-01-01T10:00:06Z')]
  const startedAtMs = Date.parse('2026-01-01T10:00:05Z')

  t.deepEqual(servicesBefore(services, startedAtMs).map(({ metadata }) => metadata.name), ['before', 'with'])
  t.is(servicesBefore(services, undefined).length, 3)
})
