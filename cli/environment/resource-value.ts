import type { Container, PodDetail, Quantities, ResourceFieldRef } from '../cluster/pod-spec.ts'
import { findContainer } from '../cluster/pod-spec.ts'
import { readQuantity } from './quantity.ts'

/** The value, or why there is none: without a limit the node decides, and not everybody may look at nodes. */
export type ResourceValue = { readonly value: string } | { readonly needsNode: true } | { readonly failure: string }

// What a container without a limit of its own may use: all that the node has for pods.
const OF_THE_NODE = ['cpu', 'memory', 'ephemeral-storage']

/**
 * The value of a `resourceFieldRef`.
 *
 * @param own the container whose variable or volume it is; the reference may name another one of the pod.
 * @param allocatable what the node has for pods; undefined as long as nobody asked.
 * @see https://github.com/kubernetes/kubernetes/blob/v1.34.4/pkg/api/v1/resource/helpers.go
 */
export function resourceValue (
  ref: ResourceFieldRef, pod: PodDetail, own: Container | undefined, allocatable: Quantities | undefined
): ResourceValue {
  const [, kind, resource = ''] = /^(limits|requests)\.(.+)$/.exec(ref.resource) ?? []
  const isKnown = OF_THE_NODE.includes(resource) || resource.startsWith('hugepages-')
  if (kind === undefined || !isKnown) return { failure: `there is no resource "${ref.resource}"` }
  const container = ref.containerName ? findContainer(pod, ref.containerName) : own
  if (container === undefined) return { failure: `the pod has no container "${ref.containerName ?? ''}"` }
  const given = container.resources?.[kind as 'limits' | 'requests']?.[resource]
  const mayBeNodes = kind === 'limits' && OF_THE_NODE.includes(resource) && isLimitOfNode(pod, container, ref)
  if (!mayBeNodes || isPositive(given)) return divide(given ?? 0, ref)
  const ofPod = pod.spec.resources?.limits?.[resource]
  // Limits of the whole pod stand in for the node's.
  if (isPositive(ofPod) && resource !== 'ephemeral-storage') return divide(ofPod ?? 0, ref)
  if (allocatable === undefined) return { needsNode: true }
  return divide(allocatable[resource] ?? 0, ref)
}

/** Init containers that are named from elsewhere get no default: the kubelet fills in that of app containers only. */
function isLimitOfNode ({ spec }: PodDetail, container: Container, { containerName }: ResourceFieldRef): boolean {
  return !containerName || spec.containers.some(({ name }) => name === container.name)
}

function isPositive (quantity: string | number | undefined): boolean {
  return quantity !== undefined && (readQuantity(quantity, 'milli') ?? 0n) > 0n
}

/** Rounded up, in the arithmetic of the kubelet: CPU in thousandths, everything else in whole units. */
function divide (quantity: string | number, { resource, divisor = 0 }: ResourceFieldRef): ResourceValue {
  const scale = resource.endsWith('.cpu') ? 'milli' : 'whole'
  const amount = readQuantity(quantity, scale)
  const asked = readQuantity(divisor, scale)
  if (amount === undefined || asked === undefined) {
    return { failure: `"${String(amount === undefined ? quantity : divisor)}" is no quantity` }
  }
  const by = asked === 0n ? readQuantity(1, scale) ?? 1n : asked
  return { value: String(BigInt(Math.ceil(Number(amount) / Number(by)))) }
}
