import type { LabelSelector } from '../../cluster/selector.ts'
import type { Manifest } from '../../manifests.ts'
import { readCalicoSelector } from './calico-selector.ts'
import { selects, type Labels } from './label-selector.ts'
import type { CopyPods } from './network-facts.ts'

export const CILIUM_GROUP = 'cilium.io'

/** Kinds of policies that are not cloned, by group. Of some a cluster knows none, and of none it knows all. */
export const UNFIT_KINDS: Readonly<Record<string, readonly string[]>> = {
  [CILIUM_GROUP]: ['CiliumNetworkPolicy', 'CiliumClusterwideNetworkPolicy'],
  'crd.projectcalico.org': ['NetworkPolicy', 'GlobalNetworkPolicy'],
  'policy.linkerd.io': ['Server'],
  'policy.networking.k8s.io': ['AdminNetworkPolicy', 'BaselineAdminNetworkPolicy', 'ClusterNetworkPolicy']
}

export type Namespace = { readonly name: string, readonly labels: Labels }

type Meaning = { readonly original: Labels, readonly copy: Labels, readonly namespace: Namespace }

/** Whether anything in a policy, its subject or a peer, selects the original's pods and not the copy's. */
export function tellsApart (policy: Manifest, pods: CopyPods, namespace: Namespace): boolean {
  const { spec, specs } = policy as { readonly spec?: unknown, readonly specs?: unknown }
  // What Cilium and Calico count as labels of a pod, too.
  const more = {
    ...prefixed('io.cilium.k8s.namespace.labels.', namespace.labels),
    ...prefixed('pcns.', namespace.labels),
    'io.kubernetes.pod.namespace': namespace.name,
    'projectcalico.org/namespace': namespace.name,
    'projectcalico.org/orchestrator': 'k8s'
  }
  return isApart([spec, specs], {
    original: { ...pods.original, ...more }, copy: { ...pods.labels, ...more }, namespace
  })
}

function isApart (value: unknown, meaning: Meaning): boolean {
  if (Array.isArray(value)) return value.some(item => isApart(item, meaning))
  if (typeof value !== 'object' || value === null) return false
  const fields = value as Readonly<Record<string, unknown>>
  if (!isAboutNamespace(fields['namespaceSelector'], meaning.namespace)) return false
  if ('matchLabels' in fields || 'matchExpressions' in fields) return differs(withoutPrefixes(fields), meaning)
  return Object.entries(fields).some(([field, inner]) => {
    if (field === 'namespaceSelector' || field === 'namespaces' || field === 'nodeSelector') return false
    return typeof inner === 'string' ? isTextApart(field, inner, meaning) : isApart(inner, meaning)
  })
}

/** In Calico a text, elsewhere an object; one that cannot be read may well be about our namespace. */
function isAboutNamespace (selector: unknown, { labels }: Namespace): boolean {
  if (selector === undefined) return true
  if (typeof selector === 'string') return readCalicoSelector(selector)?.(labels) ?? true
  return selects(selector as LabelSelector, labels)
}

function isTextApart (field: string, text: string, { original, copy }: Meaning): boolean {
  if (field !== 'selector' && field !== 'notSelector') return false
  const test = readCalicoSelector(text)
  return test === undefined || (test(original) && !test(copy))
}

function differs (selector: LabelSelector, { original, copy }: Meaning): boolean {
  return selects(selector, original) && !selects(selector, copy)
}

/** Cilium says where a label comes from: `k8s:app`. What it derives itself, an account for example, both have. */
function withoutPrefixes ({ matchLabels = {}, matchExpressions = [] }: LabelSelector): LabelSelector {
  const strip = (key: string) => key.replace(/^(?:k8s|any)[:.]/, '')
  const isDerived = (key: string) => /^(?:reserved:|io\.cilium\.k8s\.policy\.)/.test(strip(key))
  return {
    matchLabels: Object.fromEntries(Object.entries(matchLabels)
      .filter(([key]) => !isDerived(key)).map(([key, value]) => [strip(key), value])),
    matchExpressions: matchExpressions
      .filter(({ key }) => !isDerived(key)).map(each => ({ ...each, key: strip(each.key) }))
  }
}

function prefixed (prefix: string, labels: Labels): Labels {
  return Object.fromEntries(Object.entries(labels).map(([key, value]) => [`${prefix}${key}`, value]))
}
