import { selects, type Labels } from './label-selector.ts'
import type { CopyPods } from './network-facts.ts'
import { DIRECTIONS, namesPod, peersOf, rulesOf, type NetworkPeer, type NetworkPolicy } from './network-policy.ts'

type Where = { readonly namespace: string, readonly namespaceLabels: Labels, readonly copies: readonly CopyPods[] }

/**
 * Policies of other namespaces that let the original through and not its copy, or the other way round. An environment's
 * objects are all in its own namespace, where what it owns goes with it, so theirs have to be changed by hand.
 */
export function tellOfOtherNamespaces (
  policies: readonly NetworkPolicy[], { namespace, namespaceLabels, copies }: Where
): readonly string[] {
  return policies.filter(({ metadata }) => metadata.namespace !== namespace).flatMap(policy => {
    const peers = DIRECTIONS.flatMap(direction =>
      rulesOf(policy, direction).map(rule => peersOf(rule, direction).filter(({ namespaceSelector }) =>
        namespaceSelector !== undefined && selects(namespaceSelector, namespaceLabels))))
    return copies.flatMap(pods => peers.flatMap(each => tell(policy, each, pods)))
  })
}

function tell (
  policy: NetworkPolicy, peers: readonly NetworkPeer[], { original, labels, workload }: CopyPods
): readonly string[] {
  const isOriginal = peers.some(peer => namesPod(peer, original))
  const isCopy = peers.some(peer => namesPod(peer, labels))
  if (isOriginal === isCopy) return []
  const name = `NetworkPolicy ${policy.metadata.name} of namespace ${policy.metadata.namespace ?? ''}`
  return [isOriginal
    ? `${name} lets ${workload} through, and not its copy: the copy and the pods of that policy do not reach each other`
    : `${name} lets the copy of ${workload} through, and not the original`]
}
