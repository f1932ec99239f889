import { INJECT_LABEL, NAMESPACE_INJECT, SYSTEM_NAMESPACE } from '../../common/contract.ts'
import type { ClusterFacts, InjectionContext } from './context.ts'
import { meshOf } from './mesh.ts'
import { wantsNamedPort } from './named-port.ts'
import type { Pod } from './pod.ts'
import type { SkipReason } from './skip.ts'

type Labels = Readonly<Record<string, string>>

const MIRROR_ANNOTATION = 'kubernetes.io/config.mirror'
const POD_SECURITY_LABEL = 'pod-security.kubernetes.io/enforce'

/** The first kubelets that start native sidecars unasked. */
const SIDECARS_SINCE = { major: 1, minor: 29 } as const

// A class is only a name. These are what the projects' own documents call theirs, also with something behind or before.
const SANDBOXES = /(^|[^a-z0-9])(gvisor|runsc|kata(containers)?\d*)([^a-z0-9]|$)/i

/**
 * Why this pod is no matter of ours, if there is a reason. The API server asks about no such pod, but whoever reaches
 * our port can write reviews: in the answer to one nothing may be done to anybody's namespace.
 */
export function scopeRefusal (pod: Pod, context: InjectionContext): SkipReason | undefined {
  const { namespace, namespaceLabels, systemNamespace } = context
  if (namespace === systemNamespace || namespace === SYSTEM_NAMESPACE || namespace.startsWith('kube-')) {
    return { kind: 'system-namespace', namespace }
  }
  return isOptedIn(namespaceLabels, pod.metadata?.labels) ? undefined : { kind: 'not-opted-in' }
}

/** Whether a pod is to be injected by the labels of its namespace and its own, as the webhook configuration selects. */
export function isOptedIn (namespaceLabels: Labels, podLabels: Labels = {}): boolean {
  const label = namespaceLabels[INJECT_LABEL]
  if (label === NAMESPACE_INJECT.all) return true
  return label === NAMESPACE_INJECT.labelled && podLabels[INJECT_LABEL] === 'enabled'
}

/** Why this pod cannot be injected whatever its ports and annotations say, if there is a reason. */
export function refusalOf (pod: Pod, context: InjectionContext): SkipReason | undefined {
  return namespaceRefusal(pod, context) ?? podRefusal(pod, context) ?? clusterRefusal(context)
}

/** What is about the pod itself. It may become true after our call, by another webhook. */
export function podRefusal (pod: Pod, context: InjectionContext): SkipReason | undefined {
  return labelRefusal(pod) ?? specRefusal(pod) ?? meshRefusal(pod, context)
}

function namespaceRefusal (pod: Pod, context: InjectionContext): SkipReason | undefined {
  if (wantsNamedPort(pod, context.namespaceAnnotations)) return undefined
  const level = context.namespaceLabels[POD_SECURITY_LABEL]
  if (level === 'baseline' || level === 'restricted') return { kind: 'pod-security', level }
  return undefined
}

function labelRefusal ({ metadata }: Pod): SkipReason | undefined {
  const label = metadata?.labels?.[INJECT_LABEL]
  if (label === undefined || label === 'enabled') return undefined
  if (label === 'disabled') return { kind: 'disabled' }
  return { kind: 'unknown-value', key: INJECT_LABEL, value: label, allowed: 'enabled, disabled' }
}

/** What about its spec keeps us out. */
export function specRefusal ({ metadata, spec }: Pod): SkipReason | undefined {
  if (metadata?.annotations?.[MIRROR_ANNOTATION] !== undefined) return { kind: 'mirror-pod' }
  if (spec.hostNetwork === true) return { kind: 'host-network' }
  const system = spec.os?.name ?? spec.nodeSelector?.['kubernetes.io/os'] ?? spec.nodeSelector?.['beta.kubernetes.io/os']
  if (system === 'windows') return { kind: 'windows' }
  const runtimeClass = spec.runtimeClassName ?? ''
  return SANDBOXES.test(runtimeClass) ? { kind: 'runtime-class', runtimeClass } : undefined
}

function meshRefusal (pod: Pod, context: InjectionContext): SkipReason | undefined {
  const mesh = meshOf(pod, context)
  return mesh === undefined ? undefined : { kind: 'meshed', by: mesh }
}

function clusterRefusal ({ bypass, cluster }: InjectionContext): SkipReason | undefined {
  return nodeRefusal(cluster) ?? (bypass === undefined ? undefined : { kind: 'bypassed', why: bypass.why })
}

// Where a pod will run is not known yet, so the oldest node decides for all.
function nodeRefusal ({ oldestNode }: ClusterFacts): SkipReason | undefined {
  if (oldestNode === undefined) return undefined
  const { name, major, minor } = oldestNode
  const isOld = major < SIDECARS_SINCE.major || (major === SIDECARS_SINCE.major && minor < SIDECARS_SINCE.minor)
  return isOld ? { kind: 'old-node', node: name, version: `${major}.${minor}` } : undefined
}
