import { assertNever } from '../../common/assert-never.ts'
import { ANNOTATIONS, MAX_APP_PORTS, PORTS } from '../../common/contract.ts'

/** Why a pod is left alone. */
export type SkipReason =
  | { readonly kind: 'already-injected' }
  | { readonly kind: 'disabled' }
  /** It is of an ephemeral environment, and nothing of ours belongs into it. */
  | { readonly kind: 'environment' }
  /** The same, and `waylay.dev/propagate` cannot be had. */
  | { readonly kind: 'not-propagated', readonly why: string }
  /** The API server asks about none such: somebody else does, or the label has just been taken away. */
  | { readonly kind: 'not-opted-in' }
  | { readonly kind: 'system-namespace', readonly namespace: string }
  | { readonly kind: 'mirror-pod' }
  | { readonly kind: 'host-network' }
  | { readonly kind: 'windows' }
  | { readonly kind: 'runtime-class', readonly runtimeClass: string }
  /** `by`: the mesh's container, label or annotation. */
  | { readonly kind: 'meshed', readonly by: string }
  | { readonly kind: 'pod-security', readonly level: string }
  | { readonly kind: 'old-node', readonly node: string, readonly version: string }
  | { readonly kind: 'bypassed', readonly why: string }
  /** A LimitRange or a ResourceQuota leaves nothing for our containers. */
  | { readonly kind: 'no-room', readonly why: string }
  /** `mode: named-port` cannot be had here. */
  | { readonly kind: 'named-port', readonly why: string }
  /** Its images could not be pulled. */
  | { readonly kind: 'pull-secret', readonly why: string }
  | { readonly kind: 'unknown-annotation', readonly key: string }
  | { readonly kind: 'unknown-value', readonly key: string, readonly value: string, readonly allowed: string }
  | { readonly kind: 'no-tcp-port' }
  | { readonly kind: 'port-taken', readonly port: number }
  /** A container or a volume of the app has a name of ours. */
  | { readonly kind: 'name-taken', readonly name: string }
  | { readonly kind: 'too-many-ports', readonly count: number }

/** Carries a skip out of the depth where it was found. Caught by planInjection, never seen outside. */
export class SkipSignal extends Error {
  override readonly name = 'SkipSignal'
  readonly reason: SkipReason

  constructor (reason: SkipReason) {
    super(reason.kind)
    this.reason = reason
  }
}

/** What the user is told, or nothing where nobody waits for an injection. */
export function skipWarning (reason: SkipReason): string | undefined {
  const why = explain(reason)
  return why === undefined ? undefined : `waylay: this pod is not injected: ${why}`
}

function explain (reason: SkipReason): string | undefined {
  switch (reason.kind) {
    case 'already-injected':
    case 'disabled':
    case 'environment':
    case 'not-opted-in':
    case 'system-namespace':
    case 'mirror-pod':
      return undefined
    case 'not-propagated': return reason.why
    case 'host-network': return 'it uses the node\'s network (hostNetwork), whose rules waylay never touches'
    case 'windows': return 'it runs on Windows'
    case 'runtime-class': return `its runtime class ${quote(reason.runtimeClass)} keeps iptables rules from a pod`
    case 'meshed': return `a service mesh redirects its ports (${quote(reason.by)})`
    case 'pod-security':
      return `the namespace enforces Pod Security "${reason.level}", which forbids NET_ADMIN; annotate ${ANNOTATIONS.mode}: named-port for the mode without it`
    case 'old-node': return `the kubelet of node ${reason.node} is ${reason.version}; native sidecars need 1.29`
    case 'bypassed': return reason.why
    case 'no-room': return reason.why
    case 'pull-secret': return reason.why
    case 'named-port': return `${ANNOTATIONS.mode}: named-port: ${reason.why}`
    case 'unknown-annotation': return `the annotation ${reason.key} is unknown`
    case 'unknown-value':
      return `${quote(reason.value)} is no value of ${reason.key}; allowed: ${reason.allowed}`
    case 'no-tcp-port':
      return `no container declares a TCP port; declare it in containerPorts or name it in the annotation ${ANNOTATIONS.ports}`
    case 'port-taken':
      return `it uses port ${reason.port}, which the sidecar needs (ours are ${PORTS.tunnel}, ${PORTS.health}, and what is free from ${PORTS.firstListener} up)`
    case 'name-taken': return `it has a container or volume named ${quote(reason.name)}, which is a name of ours`
    case 'too-many-ports':
      return `it has ${reason.count} ports and waylay serves ${MAX_APP_PORTS}; name the ones you need in ${ANNOTATIONS.ports}`
    default: return assertNever(reason)
  }
}

const MAX_QUOTE_LENGTH = 80

// A warning travels in an HTTP header: the API server drops one with a line break in it.
function quote (text: string): string {
  const plain = text.replaceAll(/\p{C}/gu, '\u{FFFD}')
  return plain.length > MAX_QUOTE_LENGTH ? `"${plain.slice(0, MAX_QUOTE_LENGTH)}…"` : `"${plain}"`
}
