import { INJECTED_ENV } from '../../common/contract.ts'
import type { Pod } from './pod.ts'

/** The top controller of a pod in two spellings. */
export type Workload = {
  /** For the sidecar's environment, where the kubelet puts in what nobody knows at admission. */
  readonly configured: string
  /** For people. */
  readonly shown: string
}

/**
 * Names the top controller as `kind/name` without asking the API: a ReplicaSet made by a Deployment carries the hash of
 * the pod template as a label and at the end of its name.
 *
 * A bare pod made from `generateName` has no name yet, so its sidecar gets `pod/$(WAYLAY_POD_NAME)`, which the kubelet
 * replaces; the status shows `pod/<generateName>`, and for a bare pod the pod's own name is what counts.
 */
export function workloadOf (pod: Pod): Workload {
  const owner = pod.metadata?.ownerReferences?.find(reference => reference.controller === true)
  if (owner === undefined) return barePod(pod)
  const kind = owner.kind.toLowerCase()
  const hash = pod.metadata?.labels?.['pod-template-hash']
  if (kind === 'replicaset' && hash !== undefined && owner.name.endsWith(`-${hash}`)) {
    return same(`deployment/${owner.name.slice(0, -hash.length - 1)}`)
  }
  return same(`${kind}/${owner.name}`)
}

function barePod (pod: Pod): Workload {
  const name = pod.metadata?.name ?? ''
  if (name !== '') return same(`pod/${name}`)
  return { configured: `pod/$(${INJECTED_ENV.podName})`, shown: `pod/${pod.metadata?.generateName ?? ''}` }
}

function same (workload: string): Workload {
  return { configured: workload, shown: workload }
}
