import {
  INIT_CONTAINER_NAME, INJECTED_ENV, PROPAGATE_CONTAINER_NAME, PROXY_CONTAINER_NAME
} from '../../common/contract.ts'
import { parseInjectedConfig, type InjectedConfig } from '../../common/injected.ts'
import { EMPTY_VOLUME, PROPAGATE_VOLUME, SHARED_VOLUME } from './containers.ts'
import type { InjectionContext } from './context.ts'
import { allContainers, type Pod } from './pod.ts'
import { TLS_VOLUME_PREFIX } from './tls.ts'

const CONTAINERS: readonly string[] = [INIT_CONTAINER_NAME, PROPAGATE_CONTAINER_NAME, PROXY_CONTAINER_NAME]
const VOLUMES: readonly string[] = [SHARED_VOLUME, EMPTY_VOLUME, PROPAGATE_VOLUME]

export function isOurContainer (name: string): boolean {
  return CONTAINERS.includes(name)
}

export function isOurVolume (name: string): boolean {
  return VOLUMES.includes(name) || name.startsWith(TLS_VOLUME_PREFIX)
}

/** Whether our containers are there, wherever another webhook may have moved them. */
export function isInjected (pod: Pod): boolean {
  const names = (pod.spec.initContainers ?? []).map(({ name }) => name)
  if (names.includes(INIT_CONTAINER_NAME) && names.includes(PROXY_CONTAINER_NAME)) return true
  return configOf(pod)?.mode === 'named-port'
}

/** What the pod's sidecar was told; undefined where there is none, or none of ours. */
export function configOf (pod: Pod): InjectedConfig | undefined {
  const proxy = pod.spec.initContainers?.find(({ name }) => name === PROXY_CONTAINER_NAME)
  const text = proxy?.env?.find(({ name }) => name === INJECTED_ENV.config)?.value
  try {
    return text === undefined ? undefined : parseInjectedConfig(text)
  } catch {
    // Whoever wrote that, it was not us.
    return undefined
  }
}

/** A name of ours that the pod uses for something else: the API server refuses two of one name. */
export function takenName (pod: Pod): string | undefined {
  return allContainers(pod).map(({ name }) => name).find(isOurContainer) ??
    pod.spec.volumes?.map(({ name }) => name).find(isOurVolume)
}

/** The Secret to add. What the app lists itself stays its own, also when we are taken out again. */
export function missingPullSecret ({ spec }: Pod, { pullSecret }: InjectionContext): string | undefined {
  return spec.imagePullSecrets?.some(({ name }) => name === pullSecret) === true ? undefined : pullSecret
}
