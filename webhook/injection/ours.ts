import { INIT_CONTAINER_NAME, PROXY_CONTAINER_NAME } from '../../common/contract.ts'
import { EMPTY_VOLUME, SHARED_VOLUME } from './containers.ts'
import { allContainers, type Pod } from './pod.ts'
import { TLS_VOLUME_PREFIX } from './tls.ts'

export function isOurContainer (name: string): boolean {
  return name === INIT_CONTAINER_NAME || name === PROXY_CONTAINER_NAME
}

export function isOurVolume (name: string): boolean {
  return name === SHARED_VOLUME || name === EMPTY_VOLUME || name.startsWith(TLS_VOLUME_PREFIX)
}

/** Whether both of our containers are there, wherever another webhook may have moved them. */
export function isInjected (pod: Pod): boolean {
  const names = (pod.spec.initContainers ?? []).map(({ name }) => name)
  return names.includes(INIT_CONTAINER_NAME) && names.includes(PROXY_CONTAINER_NAME)
}

/** A name of ours that the pod uses for something else: the API server refuses two of one name. */
export function takenName (pod: Pod): string | undefined {
  return allContainers(pod).map(({ name }) => name).find(isOurContainer) ??
    pod.spec.volumes?.map(({ name }) => name).find(isOurVolume)
}
