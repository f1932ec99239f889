/** What of a pod's metadata says who made it. */
export type MadePod = {
  readonly labels?: Readonly<Record<string, string>>
  readonly ownerReferences?: readonly OwnerReference[]
}

export type OwnerReference = {
  readonly apiVersion?: string
  readonly kind: string
  readonly name: string
  readonly uid?: string
  readonly controller?: boolean
}

// Who makes ReplicaSets, by the label in which they write the hash that ends a ReplicaSet's name.
const MAKERS = [['pod-template-hash', 'deployment'], ['rollouts-pod-template-hash', 'rollout']] as const

/**
 * Names the top controller of a pod as `kind/name`, kind in lower case, without asking the API: a ReplicaSet made by a
 * Deployment (or an Argo Rollout) carries the hash of the pod template as a label and at the end of its name. Other
 * controllers are named as they are. Undefined for a bare pod.
 */
export function topController ({ labels = {}, ownerReferences = [] }: MadePod): string | undefined {
  const owner = ownerReferences.find(reference => reference.controller === true)
  if (owner === undefined) return undefined
  const kind = owner.kind.toLowerCase()
  for (const [label, maker] of MAKERS) {
    const end = `-${labels[label] ?? ''}`
    if (kind === 'replicaset' && end.length > 1 && owner.name.endsWith(end) && owner.name.length > end.length) {
      return `${maker}/${owner.name.slice(0, -end.length)}`
    }
  }
  return `${kind}/${owner.name}`
}
