import type { Manifest } from '../../manifests.ts'
import type { Labels } from './label-selector.ts'
import type { ApiServerAddress, CopyPods, NetworkFacts } from './network-facts.ts'
import {
  NETWORK_POLICY, isolates, namesPod, newNetworkSpec, peersOf, rulesOf, selectsPod,
  type Direction, type NetworkPolicy, type NetworkRule
} from './network-policy.ts'
import { newPolicy, ownLabels, type PolicyOwner } from './policy-object.ts'

// OpenShift's DNS pods listen on 5353, and a rule is about the pod's port.
const DNS_PORTS = [53, 5353]
// Where the API server is not known by address: as a Service, as kubeadm, as minikube and microk8s start it.
const API_SERVER_PORTS = [443, 6443, 8443, 16443]

/**
 * The marked requests' way to the copy: from the companion, not from the original's callers, so a copied rule that
 * admits these alone would refuse all of them. And the companion's own ways, where a policy closes it.
 */
export function planCompanionPaths (facts: NetworkFacts, pods: CopyPods, owner: PolicyOwner): readonly Manifest[] {
  const companion = { matchLabels: ownLabels(facts.companion) }
  const copy = { matchLabels: ownLabels(pods.labels) }
  const intoCopy = {
    from: [{ podSelector: companion }], ports: pods.ports.map(port => ({ protocol: 'TCP', port }))
  }
  const outOfCompanion = [{ to: [{ podSelector: copy }] }, { ports: dnsPorts() }, ...toApiServer(facts.apiServer)]
  return [
    ...(isShut(facts.policies, 'ingress', pods.original, facts.companion)
      ? [newPolicy(NETWORK_POLICY, owner, ['from-companion'], newNetworkSpec(copy, { ingress: [intoCopy] }))]
      : []),
    ...(isCompanionShut(facts.policies, facts.companion)
      ? [newPolicy(NETWORK_POLICY, owner, ['companion'], newNetworkSpec(companion, { egress: outOfCompanion }))]
      : [])
  ]
}

/** Whether the companion needs a policy for what it sends: only then does it matter where the API server is. */
export function isCompanionShut (policies: readonly NetworkPolicy[], companion: Labels): boolean {
  return isShut(policies, 'egress', companion)
}

/**
 * Whether pods are closed in a direction and no rule lets everything through.
 *
 * @param peer labels of the pod in the same namespace for which that suffices; undefined: nothing less than everybody.
 */
function isShut (policies: readonly NetworkPolicy[], direction: Direction, labels: Labels, peer?: Labels): boolean {
  const closing = policies.filter(policy => isolates(policy, direction) && selectsPod(policy, labels))
  return closing.length > 0 && !closing.some(policy => rulesOf(policy, direction).some(rule => {
    const peers = peersOf(rule, direction)
    const isAdmitted = peers.length === 0 || (peer !== undefined &&
      peers.some(each => each.namespaceSelector === undefined && namesPod(each, peer)))
    return isAdmitted && (rule.ports ?? []).length === 0
  }))
}

function dnsPorts () {
  return DNS_PORTS.flatMap(port => ['UDP', 'TCP'].map(protocol => ({ protocol, port })))
}

/** The addresses; or, where they are unknown, its usual ports everywhere: no selector can name the API server. */
function toApiServer (addresses: readonly ApiServerAddress[] | undefined): readonly NetworkRule[] {
  if (addresses === undefined) return [{ ports: API_SERVER_PORTS.map(port => ({ protocol: 'TCP', port })) }]
  return addresses.map(({ ip, port }) => ({
    to: [{ ipBlock: { cidr: `${ip}/${ip.includes(':') ? 128 : 32}` } }], ports: [{ protocol: 'TCP', port }]
  }))
}
