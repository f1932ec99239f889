import type { Wishes } from './annotations.ts'
import { allContainers, type Container, type Pod, type Resources } from './pod.ts'

const CPU = 'cpu'
const MEMORY = 'memory'

// What Node needs before it does anything is 45 MB; the request is for the scheduler, not a cap.
const BURSTABLE = { [CPU]: '10m', [MEMORY]: '64Mi' }
// Here the request is a cap as well, so it must carry everybody's requests.
const GUARANTEED = { [CPU]: '500m', [MEMORY]: '256Mi' }

/**
 * What our two containers ask for. No limits: a CPU limit throttles every caller, and the kernel's group OOM kill would
 * take the supervisor with the proxy. But a Guaranteed pod keeps its class, and where the pod as a whole has a budget
 * we live inside it.
 */
export function sidecarResources (pod: Pod, wishes: Wishes): Resources {
  if (pod.spec.resources !== undefined) return {}
  const isGuaranteed = allContainers(pod).every(hasGuaranteedResources)
  const defaults = isGuaranteed ? GUARANTEED : BURSTABLE
  const requests = {
    [CPU]: wishes.sidecarCpu ?? defaults[CPU],
    [MEMORY]: wishes.sidecarMemory ?? defaults[MEMORY]
  }
  return isGuaranteed ? { requests, limits: requests } : { requests }
}

// The API server has written quantities in their one canonical form, so text may be compared.
function hasGuaranteedResources ({ resources }: Container): boolean {
  return [CPU, MEMORY].every(name => {
    const limit = resources?.limits?.[name]
    return limit !== undefined && (resources?.requests?.[name] ?? limit) === limit
  })
}
