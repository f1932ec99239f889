import { Resolver } from 'node:dns/promises'
import { createObject } from './api.ts'
import { dnsService, ipv4 } from './plan.ts'

/** Collections of the API and what is created in them for DNS. CoreDNS is a plain process on the node, not a pod. */
export function dnsObjects (): readonly (readonly [path: string, object: object])[] {
  const name = 'waylay-test-dns'
  const labels = { 'k8s-app': 'kube-dns', 'kubernetes.io/name': 'CoreDNS' }
  const ports = [{ name: 'dns', protocol: 'UDP', port: 53 }, { name: 'dns-tcp', protocol: 'TCP', port: 53 }]
  return [
    ['/apis/rbac.authorization.k8s.io/v1/clusterroles', {
      metadata: { name },
      rules: [
        { apiGroups: [''], resources: ['endpoints', 'services', 'pods', 'namespaces'], verbs: ['list', 'watch'] },
        { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: ['list', 'watch'] }
      ]
    }],
    ['/apis/rbac.authorization.k8s.io/v1/clusterrolebindings', {
      metadata: { name },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name },
      subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name }]
    }],
    ['/api/v1/namespaces/kube-system/services', {
      metadata: { name: 'kube-dns', labels }, spec: { clusterIP: dnsService, ports }
    }],
    ['/apis/discovery.k8s.io/v1/namespaces/kube-system/endpointslices', {
      metadata: { name: 'kube-dns-node', labels: { 'kubernetes.io/service-name': 'kube-dns' } },
      addressType: 'IPv4',
      endpoints: [{ addresses: [ipv4.node], conditions: { ready: true } }],
      ports
    }]
  ]
}

/** Creates them. */
export async function createDnsObjects (): Promise<void> {
  await Promise.all(dnsObjects().map(async ([path, object]) => await createObject(path, object)))
}

/** Whether a name resolves the way a pod would ask: at the Service address, so kube-proxy's rules are there too. */
export async function dnsServes (): Promise<true | undefined> {
  const resolver = new Resolver({ timeout: 300, tries: 1 })
  resolver.setServers([dnsService])
  const addresses = await resolver.resolve4('kubernetes.default.svc.cluster.local')
  return addresses.length > 0 ? true : undefined
}
