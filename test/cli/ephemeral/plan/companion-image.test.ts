import test from 'ava'
import { companionImage } from '../../../../cli/ephemeral/plan/companion-image.ts'
import type { Pod } from '../../../../cli/cluster/pods.ts'

function aPod (image: string, creationTimestamp = '2026-01-01T00:00:00Z', limits?: object): Pod {
  const status = { version: '1.2.3', mode: 'iptables', workload: 'deployment/payments', ports: [] }
  const pod = {
    metadata: { name: 'p', namespace: 'shop', uid: 'p', creationTimestamp, annotations: { 'waylay.dev/status': JSON.stringify(status) } },
    spec: {
      containers: [],
      initContainers: [{ name: 'waylay-init', image: 'x' }, { name: 'waylay-proxy', image, resources: { limits } }],
      imagePullSecrets: [{ name: 'a' }, { name: 'a' }, { name: 'waylay-pull-secret' }]
    }
  }
  return pod
}

const IMAGES = [
  ['waylay/sidecar:0.1.0', 'waylay/cli:0.1.0'],
  ['ghcr.io/waylay/sidecar:0.1.0', 'ghcr.io/waylay/cli:0.1.0'],
  ['registry.example.org:5000/a/b/waylay-sidecar:1', 'registry.example.org:5000/a/b/waylay-cli:1'],
  ['registry.example.org:5000/sidecar', 'registry.example.org:5000/cli:1.2.3'],
  ['registry.example.org/sidecar@sha256:0123', 'registry.example.org/cli:1.2.3'],
  ['registry.example.org/sidecar:7@sha256:0123', 'registry.example.org/cli:7'],
  ['registry.example.org/proxy:7', 'registry.example.org/cli:7'],
  ['registry.example.org/sidecar/sidecar:7', 'registry.example.org/sidecar/cli:7']
] as const

for (const [sidecar, cli] of IMAGES) {
  test(`beside ${sidecar} is ${cli}`, t => { t.is(companionImage([aPod(sidecar)]).image, cli) })
}

test('the newest pod counts, and is pulled likewise', t => {
  const found = companionImage([aPod('a/sidecar:1'), aPod('a/sidecar:2', '2026-02-01T00:00:00Z', { cpu: '1' }), aPod('a/sidecar:1')])
  t.like(found, { image: 'a/cli:2', isLimited: true })
  t.deepEqual(found.imagePullSecrets, [{ name: 'a' }, { name: 'waylay-pull-secret' }])
})
