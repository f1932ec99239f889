import type { LabelSelector } from '../../cluster/selector.ts'
import type { Manifest } from '../../manifests.ts'
import { selects, type Labels } from './label-selector.ts'

export const NETWORK_POLICY = { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy' } as const

export type Direction = 'ingress' | 'egress'
export const DIRECTIONS: readonly Direction[] = ['ingress', 'egress']

/** As far as it is read here. What is not named stays as it is in a clone. */
export type NetworkPolicy = Manifest & {
  readonly spec?: {
    readonly podSelector?: LabelSelector
    readonly policyTypes?: readonly string[]
    readonly ingress?: readonly NetworkRule[]
    readonly egress?: readonly NetworkRule[]
  }
}

export type NetworkRule = {
  readonly ports?: readonly unknown[]
  readonly from?: readonly NetworkPeer[]
  readonly to?: readonly NetworkPeer[]
}

export type NetworkPeer = {
  readonly podSelector?: LabelSelector
  readonly namespaceSelector?: LabelSelector
  readonly ipBlock?: { readonly cidr: string, readonly except?: readonly string[] }
}

const TYPES = { ingress: 'Ingress', egress: 'Egress' } as const

/** @param rules in each direction that the policy is to close. */
export function newNetworkSpec (
  podSelector: LabelSelector, rules: Readonly<Partial<Record<Direction, readonly NetworkRule[]>>>
): NonNullable<NetworkPolicy['spec']> {
  const directions = DIRECTIONS.filter(direction => rules[direction] !== undefined)
  return { podSelector, policyTypes: directions.map(direction => TYPES[direction]), ...rules }
}

/** Whether pods that the policy selects are closed in this direction, but for what rules let through. */
export function isolates ({ spec = {} }: NetworkPolicy, direction: Direction): boolean {
  // The API server fills the types in; without them a policy is one of ingress, and of egress where it has such rules.
  return spec.policyTypes?.includes(TYPES[direction]) ?? (direction === 'ingress' || spec.egress !== undefined)
}

/** Of a direction that the policy does not close, none counts. */
export function rulesOf (policy: NetworkPolicy, direction: Direction): readonly NetworkRule[] {
  return isolates(policy, direction) ? policy.spec?.[direction] ?? [] : []
}

/** Empty: everybody. */
export function peersOf (rule: NetworkRule, direction: Direction): readonly NetworkPeer[] {
  return (direction === 'ingress' ? rule.from : rule.to) ?? []
}

export function withPeers (rule: NetworkRule, direction: Direction, peers: readonly NetworkPeer[]): NetworkRule {
  return { ...(rule.ports !== undefined && { ports: rule.ports }), [direction === 'ingress' ? 'from' : 'to']: peers }
}

export function selectsPod ({ spec = {} }: NetworkPolicy, labels: Labels): boolean {
  return selects(spec.podSelector ?? {}, labels)
}

/** Whether a peer can be a pod with these labels, in a namespace that its namespaceSelector selects if it has one. */
export function namesPod (peer: NetworkPeer, labels: Labels): boolean {
  return peer.ipBlock === undefined && selects(peer.podSelector ?? {}, labels)
}
