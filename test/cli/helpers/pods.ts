/** An injected pod of Deployment `payments` in namespace `shop`, as the API server shows it. */
export function aPod (
  name: string, parts: { readonly init?: object, readonly proxy?: object, readonly version?: string } = {}
) {
  const injection = {
    version: parts.version ?? '0.1.0',
    mode: 'iptables',
    workload: 'deployment/payments',
    ports: [{ port: 8080, name: 'http', redirect: 'always' }]
  }
  return {
    metadata: {
      name,
      namespace: 'shop',
      uid: `uid-${name}`,
      labels: { app: 'payments', 'pod-template-hash': 'abc' },
      ownerReferences: [{ kind: 'ReplicaSet', name: 'payments-abc', controller: true }],
      annotations: { 'waylay.dev/status': JSON.stringify(injection) }
    },
    spec: { initContainers: [{ name: 'waylay-init' }, { name: 'waylay-proxy' }], containers: [{ name: 'app' }] },
    status: {
      phase: 'Running',
      initContainerStatuses: [
        { name: 'waylay-init', state: parts.init ?? { terminated: { exitCode: 0, finishedAt: '2026-01-01T00:00:00Z', message: 'redirects 8080 with iptables-nft\n' } } },
        { name: 'waylay-proxy', state: parts.proxy ?? { running: { startedAt: '2026-01-01T00:00:01Z' } } }
      ]
    }
  }
}

/** A pod of the same Deployment that waylay is not in. */
export function aPlainPod (name: string) {
  const { metadata, status } = aPod(name)
  return {
    metadata: { ...metadata, annotations: {} },
    spec: { containers: [{ name: 'app' }] },
    status: { phase: status.phase }
  }
}

export const DEPLOYMENT = {
  metadata: { name: 'payments', namespace: 'shop' },
  spec: { selector: { matchLabels: { app: 'payments' } } }
}
