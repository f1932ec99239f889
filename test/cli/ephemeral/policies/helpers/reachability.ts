import type { NetworkPolicy } from '../../../../../cli/ephemeral/policies/network-policy.ts'

/** A pod as policies see it. */
export type PolicyPod = { readonly namespace: string, readonly labels: Readonly<Record<string, string>> }

type Selector = {
  readonly matchLabels?: Readonly<Record<string, string>>
  readonly matchExpressions?: readonly { key: string, operator: string, values?: readonly string[] }[]
}
type Peer = {
  readonly podSelector?: Selector
  readonly namespaceSelector?: Selector
  readonly ipBlock?: { cidr: string }
}
type Rule = { readonly ports?: readonly unknown[], readonly from?: readonly Peer[], readonly to?: readonly Peer[] }

/**
 * A slow reading of what NetworkPolicies mean, which shares no code with `cli/ephemeral/policies/`: a pod that no
 * policy of a direction selects is open in it, any other lets through what one rule of one of them lets through.
 */
export function reaches (
  policies: readonly NetworkPolicy[], from: PolicyPod, to: PolicyPod, port: number,
  namespaces: Readonly<Record<string, Readonly<Record<string, string>>>>
): boolean {
  const lets = (subject: PolicyPod, other: PolicyPod, type: 'Ingress' | 'Egress'): boolean => {
    const selecting: Rule[][] = []
    for (const { metadata, spec } of policies) {
      if (metadata.namespace !== subject.namespace) continue
      if (!fits(spec?.podSelector ?? {}, subject.labels)) continue
      if (!(spec?.policyTypes ?? []).includes(type)) continue
      selecting.push([...(type === 'Ingress' ? spec?.ingress ?? [] : spec?.egress ?? [])] as Rule[])
    }
    if (selecting.length === 0) return true
    for (const rule of selecting.flat()) {
      const peers = (type === 'Ingress' ? rule.from : rule.to) ?? []
      const ports = (rule.ports ?? []) as readonly { readonly port?: number }[]
      const isPort = ports.length === 0 || ports.some(each => each.port === undefined || each.port === port)
      const isPeer = peers.length === 0 || peers.some(peer => isNamed(peer, subject, other))
      if (isPort && isPeer) return true
    }
    return false
  }
  const isNamed = (peer: Peer, subject: PolicyPod, other: PolicyPod): boolean => {
    const { podSelector, namespaceSelector, ipBlock } = peer
    if (ipBlock !== undefined) return ipBlock.cidr === other.labels['ip']
    const isNamespace = namespaceSelector === undefined
      ? other.namespace === subject.namespace
      : fits(namespaceSelector, namespaces[other.namespace] ?? {})
    return isNamespace && (podSelector === undefined || fits(podSelector, other.labels))
  }
  return lets(from, to, 'Egress') && lets(to, from, 'Ingress')
}

function fits (selector: Selector, labels: Readonly<Record<string, string>>): boolean {
  for (const [key, value] of Object.entries(selector.matchLabels ?? {})) if (labels[key] !== value) return false
  for (const { key, operator, values } of selector.matchExpressions ?? []) {
    const has = Object.hasOwn(labels, key)
    const isOneOf = has && (values ?? []).includes(labels[key] ?? '')
    const isFit = { In: isOneOf, NotIn: !isOneOf, Exists: has, DoesNotExist: !has }[operator]
    if (isFit !== true) return false
  }
  return true
}
