import { allContainers, type Container, type Pod, type Resources } from './pod.ts'
import { larger, parseQuantity, RESOURCE_NAMES, type Amount, type ResourceName } from './quantity.ts'

export type QosClass = 'BestEffort' | 'Burstable' | 'Guaranteed'

/** Whether the pod as a whole has a budget (`spec.resources`). Then its containers' own say nothing about its class. */
export function hasPodBudget ({ spec: { resources } }: Pod): boolean {
  return RESOURCE_NAMES.some(name => (resources?.requests?.[name] ?? resources?.limits?.[name]) !== undefined)
}

/** The class that Kubernetes gives a pod: all containers count, init containers too; a quantity of zero is none. */
export function qosClassOf (pod: Pod): QosClass {
  const all = hasPodBudget(pod) ? [pod.spec.resources] : allContainers(pod).map(({ resources }) => resources)
  if (!all.some(asksForSomething)) return 'BestEffort'
  return all.every(isGuaranteed) ? 'Guaranteed' : 'Burstable'
}

function asksForSomething (resources: Resources | undefined): boolean {
  return RESOURCE_NAMES.some(name => read(resources?.requests, name) > 0n || read(resources?.limits, name) > 0n)
}

// A request that is not there becomes the limit: the API server writes it when it reads the pod.
function isGuaranteed (resources: Resources | undefined): boolean {
  return RESOURCE_NAMES.every(name => {
    const limit = read(resources?.limits, name)
    return limit > 0n && (resources?.requests?.[name] === undefined || read(resources.requests, name) === limit)
  })
}

/**
 * What a pod counts for a LimitRange of type Pod and a quota: its containers and native sidecars together, or more,
 * where a plain init container asks for more beside the native sidecars that started before it.
 */
export function podTotal (pod: Pod, kind: 'requests' | 'limits', name: ResourceName): Amount {
  const of = ({ resources }: Container): Amount => {
    const own = resources?.[kind]?.[name]
    return read(own === undefined && kind === 'requests' ? resources?.limits : resources?.[kind], name)
  }
  let sidecars = 0n
  let most = 0n
  for (const container of pod.spec.initContainers ?? []) {
    if (container.restartPolicy === 'Always') sidecars += of(container)
    most = larger(most, container.restartPolicy === 'Always' ? sidecars : sidecars + of(container))
  }
  return larger(most, pod.spec.containers.reduce((sum, container) => sum + of(container), sidecars))
}

function read (quantities: Resources['limits'], name: ResourceName): Amount {
  return parseQuantity(quantities?.[name]) ?? 0n
}
