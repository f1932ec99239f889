import { WaylayError } from '../../common/errors.ts'
import { findContainer, type Container, type PodDetail } from '../cluster/pod-spec.ts'

// As kubectl reads it.
const DEFAULT_CONTAINER = 'kubectl.kubernetes.io/default-container'

/**
 * The container that is meant: the one that is named, else the one that the pod calls its default, else the one that
 * declares the app's port, else the first.
 *
 * @throws {WaylayError} `WAYLAY_CONTAINER_UNKNOWN` with the names there are.
 */
export function chooseContainer (pod: PodDetail, named: string | undefined, port?: number | string): Container {
  const { containers, initContainers = [] } = pod.spec
  if (named !== undefined) {
    const found = findContainer(pod, named)
    if (found !== undefined) return found
    const names = [...containers, ...initContainers].map(({ name }) => name)
    throw new WaylayError('WAYLAY_CONTAINER_UNKNOWN', `Pod ${pod.metadata.name} has no container "${named}"; its containers: ${names.join(', ')}`)
  }
  const byDefault = pod.metadata.annotations?.[DEFAULT_CONTAINER]
  const chosen = containers.find(({ name }) => name === byDefault) ??
    containers.find(container => port !== undefined && declares(container, port)) ??
    containers[0]
  if (chosen !== undefined) return chosen
  throw new WaylayError('WAYLAY_CONTAINER_UNKNOWN', `Pod ${pod.metadata.name} has no container`)
}

function declares ({ ports = [] }: Container, port: number | string): boolean {
  return ports.some(({ containerPort, name }) => containerPort === port || name === port)
}
