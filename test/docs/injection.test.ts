import test from 'ava'
import { skipWarning, type SkipReason } from '../../webhook/injection/skip.ts'
import { pageAt, tableOf } from './pages.ts'

/** One of each kind: a kind that is missing here is a type error. */
const EXAMPLES: { readonly [Kind in SkipReason['kind']]: Extract<SkipReason, { kind: Kind }> } = {
  'already-injected': { kind: 'already-injected' },
  disabled: { kind: 'disabled' },
  environment: { kind: 'environment' },
  'not-propagated': { kind: 'not-propagated', why: 'waylay.dev/propagate left out: app: it has an agent' },
  'not-opted-in': { kind: 'not-opted-in' },
  'system-namespace': { kind: 'system-namespace', namespace: 'kube-system' },
  'mirror-pod': { kind: 'mirror-pod' },
  'host-network': { kind: 'host-network' },
  windows: { kind: 'windows' },
  'runtime-class': { kind: 'runtime-class', runtimeClass: 'gvisor' },
  meshed: { kind: 'meshed', by: 'container istio-proxy' },
  'pod-security': { kind: 'pod-security', level: 'baseline' },
  'old-node': { kind: 'old-node', node: 'worker-7', version: '1.28' },
  bypassed: { kind: 'bypassed', why: 'the last pod was refused' },
  'no-room': { kind: 'no-room', why: 'the quota is used up' },
  'pull-secret': { kind: 'pull-secret', why: 'it is missing' },
  'named-port': { kind: 'named-port', why: 'no port has a name' },
  'unknown-annotation': { kind: 'unknown-annotation', key: 'waylay.dev/prots' },
  'unknown-value': { kind: 'unknown-value', key: 'waylay.dev/mode', value: 'x', allowed: 'iptables' },
  'no-tcp-port': { kind: 'no-tcp-port' },
  'port-taken': { kind: 'port-taken', port: 15900 },
  'name-taken': { kind: 'name-taken', name: 'waylay-proxy' },
  'too-many-ports': { kind: 'too-many-ports', count: 101 }
}

test('the table of skip reasons holds every kind and says who is warned', t => {
  const rows = tableOf(pageAt('docs/injection.md'), ['Kind', 'When', 'Warning'])

  t.deepEqual(rows.map(([kind, _when, warning]) => [kind, warning]), Object.values(EXAMPLES).map(reason =>
    [`\`${reason.kind}\``, skipWarning(reason) === undefined ? 'no' : 'yes']))
})
