import type { Manifest } from '../../manifests.ts'
import { planCompanionPaths } from './companion-paths.ts'
import { both, type Labels } from './label-selector.ts'
import type { CopyPods, NetworkFacts, PlannedPolicies } from './network-facts.ts'
import {
  DIRECTIONS, NETWORK_POLICY, isolates, namesPod, newNetworkSpec, peersOf, rulesOf, selectsPod, withPeers,
  type Direction, type NetworkPeer, type NetworkPolicy, type NetworkRule
} from './network-policy.ts'
import { newPolicy, ownLabels, type PolicyOwner } from './policy-object.ts'

/**
 * What lets the copy reach, and be reached by, whatever the original is. Policies only ever add up, but the first one
 * that selects a pod closes it for everything else, so none is made where no policy is.
 */
export function planNetworkPolicies (facts: NetworkFacts, pods: CopyPods): PlannedPolicies {
  const owner = { namespace: facts.namespace, environment: facts.environment, copy: pods.copy }
  const objects = facts.policies.flatMap(policy => [
    ...cloneForCopy(policy, pods, owner),
    ...admitCopyAsPeer(policy, pods, owner)
  ])
  return {
    objects: [...objects, ...openByAccident(facts, pods, owner), ...planCompanionPaths(facts, pods, owner)],
    warnings: facts.policies.flatMap(policy => tellOfMore(policy, facts, pods))
  }
}

function cloneForCopy (policy: NetworkPolicy, pods: CopyPods, owner: PolicyOwner): readonly Manifest[] {
  if (!selectsPod(policy, pods.original) || selectsPod(policy, pods.labels)) return []
  const rules = DIRECTIONS.filter(direction => isolates(policy, direction)).map(direction => [
    direction, rulesOf(policy, direction).map(rule => {
      const copies = peersOfCopy(rule, direction, pods, owner.namespace)
      return copies.length === 0 ? rule : withPeers(rule, direction, [...peersOf(rule, direction), ...copies])
    })
  ])
  const spec = newNetworkSpec({ matchLabels: ownLabels(pods.labels) }, Object.fromEntries(rules) as Rules)
  return [newPolicy(NETWORK_POLICY, owner, ['as', policy.metadata.name], spec)]
}

type Rules = Partial<Record<Direction, readonly NetworkRule[]>>

/** Another policy for the same pods, which are closed in this direction already: the copy instead of the original. */
function admitCopyAsPeer (policy: NetworkPolicy, pods: CopyPods, owner: PolicyOwner): readonly Manifest[] {
  const rules = DIRECTIONS.flatMap(direction => {
    const named = rulesOf(policy, direction).flatMap(rule => {
      const copies = peersOfCopy(rule, direction, pods, owner.namespace)
      return copies.length === 0 ? [] : [withPeers(rule, direction, copies)]
    })
    return named.length === 0 ? [] : [[direction, named]]
  })
  if (rules.length === 0) return []
  const spec = newNetworkSpec(policy.spec?.podSelector ?? {}, Object.fromEntries(rules) as Rules)
  return [newPolicy(NETWORK_POLICY, owner, ['beside', policy.metadata.name], spec)]
}

/** The copy as a peer, where a rule names the original and not the copy. */
function peersOfCopy (
  rule: NetworkRule, direction: Direction, { original, labels }: CopyPods, namespace: string
): readonly NetworkPeer[] {
  const peers = peersOf(rule, direction)
  const podSelector = { matchLabels: ownLabels(labels) }
  return peers.filter(peer => namesPod(peer, original) && !namesPod(peer, labels))
    .map(({ namespaceSelector }) => namespaceSelector === undefined
      ? { podSelector }
      // Whether it selects our namespace is for the cluster to say; of the others' pods none is our copy.
      : { podSelector, namespaceSelector: both(namespaceSelector, ofNamespace(namespace)) })
}

/** Every namespace carries its name as a label. */
function ofNamespace (namespace: string) {
  return { matchLabels: { 'kubernetes.io/metadata.name': namespace } }
}

/** A policy for all pods but the original's (`NotIn`) closes the copy: a rule that lets all through undoes it. */
function openByAccident ({ policies }: NetworkFacts, pods: CopyPods, owner: PolicyOwner): readonly Manifest[] {
  const closed = DIRECTIONS.filter(direction =>
    !isClosed(policies, pods.original, direction) && isClosed(policies, pods.labels, direction))
  if (closed.length === 0) return []
  const rules = Object.fromEntries(closed.map(direction => [direction, [{}]]))
  return [newPolicy(NETWORK_POLICY, owner, ['open'], newNetworkSpec({ matchLabels: ownLabels(pods.labels) }, rules))]
}

function isClosed (policies: readonly NetworkPolicy[], labels: Labels, direction: Direction): boolean {
  return policies.some(policy => isolates(policy, direction) && selectsPod(policy, labels))
}

/** What a policy lets the copy do and not the original cannot be taken back by another policy. */
function tellOfMore (policy: NetworkPolicy, facts: NetworkFacts, pods: CopyPods): readonly string[] {
  const isMore = DIRECTIONS.some(direction => {
    const rules = rulesOf(policy, direction)
    const isForCopyAlone = selectsPod(policy, pods.labels) && !selectsPod(policy, pods.original)
    return (isForCopyAlone && rules.length > 0 && isClosed(facts.policies, pods.original, direction)) ||
      rules.some(rule => peersOf(rule, direction)
        .some(peer => namesPod(peer, pods.labels) && !namesPod(peer, pods.original)))
  })
  return isMore
    ? [`NetworkPolicy ${policy.metadata.name} lets pods through that are not ${pods.workload}: ` +
      'its copy may reach, or be reached by, more than it']
    : []
}
