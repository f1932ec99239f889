import { INJECTED_ENV } from '../../common/contract.ts'
import { topController } from '../../intercepts/top-controller.ts'
import type { Pod } from './pod.ts'

/** The top controller of a pod in two spellings. */
export type Workload = {
  /** For the sidecar's environment, where the kubelet puts in what nobody knows at admission. */
  readonly configured: string
  /** For people. */
  readonly shown: string
}

/**
 * Names the top controller as `kind/name`, without asking the API.
 *
 * A bare pod made from `generateName` has no name yet, so its sidecar gets `pod/$(WAYLAY_POD_NAME)`, which the kubelet
 * replaces; the status shows `pod/<generateName>`, and for a bare pod the pod's own name is what counts.
 */
export function workloadOf (pod: Pod): Workload {
  const controller = topController(pod.metadata ?? {})
  if (controller === undefined) return barePod(pod)
  // A controller's name may be any text, and the kubelet would expand `$(NAME)` in it.
  return { configured: controller.replaceAll('$', '$$$$'), shown: controller }
}

function barePod (pod: Pod): Workload {
  const name = pod.metadata?.name ?? ''
  if (name !== '') return { configured: `pod/${name}`, shown: `pod/${name}` }
  return { configured: `pod/$(${INJECTED_ENV.podName})`, shown: `pod/${pod.metadata?.generateName ?? ''}` }
}
