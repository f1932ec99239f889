import { eventually, getJson, kubectl } from './kube.ts'

/** What an installation may leave behind, by the names kubectl has for them. */
const KINDS = [
  'all', 'sa', 'secret', 'cm', 'lease', 'pdb', 'netpol', 'role', 'rolebinding', 'clusterrole', 'clusterrolebinding',
  'mutatingwebhookconfiguration', 'validatingwebhookconfiguration', 'validatingadmissionpolicy',
  'validatingadmissionpolicybinding', 'crd', 'apiservice', 'priorityclass', 'ns'
]

// Kubernetes writes these by itself at moments of its own: what the API server lends to itself.
const NOT_OURS = /^Lease kube-node-lease |^Lease kube-system /

/**
 * Every object of the cluster, `Kind namespace name`, once the namespaces of other tests and of probes are gone. Events
 * and EndpointSlices are not asked for: the first are a log, the second go with their Service.
 */
export async function takeInventory (): Promise<readonly string[]> {
  await eventually('the namespaces of tests and probes are gone', async () => {
    const { items } = await getJson<{ items: readonly { metadata: { name: string } }[] }>(['namespaces'])
    return items.some(({ metadata: { name } }) => /^(e2e-|waylay-probe-)/.test(name)) ? undefined : true
  }, { timeoutMs: 120_000, everyMs: 500 })
  const columns = 'custom-columns=KIND:.kind,NAMESPACE:.metadata.namespace,NAME:.metadata.name'
  const text = await kubectl(['get', KINDS.join(','), '--all-namespaces', '--no-headers', '--output', columns])
  return text.trim().split('\n').map(line => line.split(/\s+/).join(' ')).filter(line => !NOT_OURS.test(line)).sort()
}
