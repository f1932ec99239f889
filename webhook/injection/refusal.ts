import {
  INIT_CONTAINER_NAME, INJECT_LABEL, PROXY_CONTAINER_NAME, SYSTEM_NAMESPACE
} from '../../common/contract.ts'
import type { InjectionContext } from './context.ts'
import { allContainers, type Pod } from './pod.ts'
import type { SkipReason } from './skip.ts'

const MIRROR_ANNOTATION = 'kubernetes.io/config.mirror'
const MESH_CONTAINERS = ['istio-proxy', 'linkerd-proxy']
const POD_SECURITY_LABEL = 'pod-security.kubernetes.io/enforce'

/** Why this pod cannot be injected whatever its ports and annotations say, if there is a reason. */
export function refusalOf (pod: Pod, context: InjectionContext): SkipReason | undefined {
  const refusal = namespaceRefusal(context) ?? podRefusal(pod)
  if (refusal !== undefined || context.bypass === undefined) return refusal
  return { kind: 'bypassed', why: context.bypass.why }
}

function namespaceRefusal ({ namespace, namespaceLabels, systemNamespace }: InjectionContext): SkipReason | undefined {
  if (namespace === systemNamespace || namespace === SYSTEM_NAMESPACE || namespace.startsWith('kube-')) {
    return { kind: 'system-namespace', namespace }
  }
  const level = namespaceLabels[POD_SECURITY_LABEL]
  if (level === 'baseline' || level === 'restricted') return { kind: 'pod-security', level }
  return undefined
}

function podRefusal (pod: Pod): SkipReason | undefined {
  const names = allContainers(pod).map(({ name }) => name)
  if (names.includes(INIT_CONTAINER_NAME) || names.includes(PROXY_CONTAINER_NAME)) return { kind: 'already-injected' }
  const label = pod.metadata?.labels?.[INJECT_LABEL]
  if (label === 'disabled') return { kind: 'disabled' }
  if (label !== undefined && label !== 'enabled') {
    return { kind: 'unknown-value', key: INJECT_LABEL, value: label, allowed: 'enabled, disabled' }
  }
  if (pod.metadata?.annotations?.[MIRROR_ANNOTATION] !== undefined) return { kind: 'mirror-pod' }
  if (pod.spec.hostNetwork === true) return { kind: 'host-network' }
  if ((pod.spec.os?.name ?? pod.spec.nodeSelector?.['kubernetes.io/os']) === 'windows') return { kind: 'windows' }
  const mesh = names.find(name => MESH_CONTAINERS.includes(name))
  return mesh === undefined ? undefined : { kind: 'meshed', by: mesh }
}
