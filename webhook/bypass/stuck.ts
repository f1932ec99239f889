import { INIT_CONTAINER_NAME, PROPAGATE_CONTAINER_NAME, PROXY_CONTAINER_NAME } from '../../common/contract.ts'

/** What of a pod's status says whether our containers keep it from starting. */
export type StuckStatus = {
  readonly phase?: string
  readonly conditions?: readonly { readonly type: string, readonly status: string }[]
  readonly initContainerStatuses?: readonly ContainerStatus[]
}

type ContainerStatus = {
  readonly name: string
  readonly started?: boolean
  readonly restartCount?: number
  readonly state?: ContainerState
  readonly lastState?: ContainerState
}

type ContainerState = {
  readonly waiting?: { readonly reason?: string, readonly message?: string }
  readonly running?: object
  readonly terminated?: { readonly exitCode: number, readonly reason?: string }
}

export type Stuck = {
  readonly container: string
  /** The kubelet's word. */
  readonly reason: string
  /** Whether the image or its start is the trouble, so that other pods of the namespace will have it too. */
  readonly isCommon: boolean
}

// Reasons of the kubelet's for a container that waits and will go on waiting; `PodInitializing` and
// `ContainerCreating` are those of one that has its turn.
const COMMON = new Set([
  'ErrImagePull', 'ImagePullBackOff', 'InvalidImageName', 'ErrImageNeverPull', 'ImageInspectError',
  'RegistryUnavailable', 'SignatureValidationFailed', 'CreateContainerError', 'RunContainerError', 'CrashLoopBackOff',
  'StartError', 'PostStartHookError'
])
// The pod's own settings against the container's: another pod may do.
const OWN = new Set(['CreateContainerConfigError', 'PreCreateHookError', 'PreStartHookError'])

/** Which of our containers keeps the pod from starting, if one does. Trouble of the app's own is none of ours. */
export function stuckIn ({ phase, conditions = [], initContainerStatuses = [] }: StuckStatus): Stuck | undefined {
  // Over, by an eviction for example: nothing starts in it any more, whatever kept it.
  if (phase === 'Failed' || phase === 'Succeeded') return undefined
  // From here on the app runs, whatever becomes of the proxy.
  if (conditions.some(({ type, status }) => type === 'Initialized' && status === 'True')) return undefined
  for (const name of [INIT_CONTAINER_NAME, PROPAGATE_CONTAINER_NAME, PROXY_CONTAINER_NAME]) {
    const status = initContainerStatuses.find(container => container.name === name)
    const reason = status === undefined || status.started === true ? undefined : failureOf(status)
    if (reason !== undefined) return { container: name, reason, isCommon: !OWN.has(reason) }
  }
  return undefined
}

function failureOf ({ state = {}, lastState = {} }: ContainerStatus): string | undefined {
  const waiting = state.waiting?.reason
  if (waiting !== undefined && (COMMON.has(waiting) || OWN.has(waiting))) return waiting
  // Between two starts, or in the middle of the next one: it has failed and not come through since.
  const ended = state.terminated ?? lastState.terminated
  return ended === undefined || ended.exitCode === 0 ? undefined : ended.reason ?? 'Error'
}
