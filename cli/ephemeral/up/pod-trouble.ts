import { INIT_CONTAINER_NAME, PROPAGATE_CONTAINER_NAME, PROXY_CONTAINER_NAME } from '../../../common/contract.ts'
import type { ContainerStatus, Pod } from '../../cluster/pods.ts'

type Condition = {
  readonly type: string
  readonly status: string
  readonly reason?: string
  readonly message?: string
}

/** Why a pod does not start, or nothing yet. */
export type PodTrouble = {
  readonly pod: string
  /** Whose lines tell more; undefined where it never ran. */
  readonly container?: string
  readonly text: string
  /** For how long it may mend by itself. */
  readonly patienceMs: number
}

const OURS: ReadonlySet<string> = new Set([INIT_CONTAINER_NAME, PROXY_CONTAINER_NAME, PROPAGATE_CONTAINER_NAME])

/** A kubelet that says so has tried already. A Secret may be written a moment after the pod that reads it. */
const WAITING_PATIENCE_MS: Readonly<Record<string, number>> = {
  ImagePullBackOff: 0,
  InvalidImageName: 0,
  ErrImageNeverPull: 0,
  ErrImagePull: 5000,
  RegistryUnavailable: 10_000,
  ImageInspectError: 5000,
  CreateContainerConfigError: 5000,
  CreateContainerError: 5000,
  RunContainerError: 5000,
  // It comes after the second start that failed.
  CrashLoopBackOff: 0
}
/** A node may be added for it. */
const UNSCHEDULABLE_PATIENCE_MS = 30_000

/** What keeps this pod from running; undefined where it only takes its time. */
export function troubleOf (pod: Pod): PodTrouble | undefined {
  const { metadata: { name }, status = {} } = pod
  const { initContainerStatuses = [], containerStatuses = [] } = status
  for (const container of [...initContainerStatuses, ...containerStatuses]) {
    const found = OURS.has(container.name) ? undefined : troubleOfContainer(name, container)
    if (found !== undefined) return found
  }
  if (status.phase === 'Failed') {
    const { reason = 'it failed', message = '' } = status as { readonly reason?: string, readonly message?: string }
    return { pod: name, text: `${name}: ${reason}${message && `: ${message}`}`, patienceMs: 0 }
  }
  const unscheduled = conditionsOf(pod).find(({ type, status, reason }) =>
    type === 'PodScheduled' && status === 'False' && reason === 'Unschedulable')
  if (unscheduled === undefined) return undefined
  return { pod: name, text: `${name} finds no node: ${unscheduled.message ?? 'Unschedulable'}`, patienceMs: UNSCHEDULABLE_PATIENCE_MS }
}

/** What a pod that is in no trouble waits for, for people. */
export function describeWaiting (pod: Pod): string {
  const { metadata: { name }, status = {} } = pod
  const { initContainerStatuses = [], containerStatuses = [] } = status
  const waiting = [...initContainerStatuses, ...containerStatuses].find(({ state }) => state?.waiting !== undefined)
  if (waiting !== undefined) return `${name}: container ${waiting.name} is ${waiting.state?.waiting?.reason ?? 'waiting'}`
  const unready = conditionsOf(pod).find(({ type, status }) => type === 'ContainersReady' && status === 'False')
  if (status.phase === 'Running' && unready !== undefined) return `${name} runs, but is not ready: ${unready.message ?? 'see its readiness probe'}`
  return `${name} is ${status.phase ?? 'Pending'}`
}

function troubleOfContainer (
  pod: string, { name, state, lastState, restartCount = 0 }: ContainerStatus
): PodTrouble | undefined {
  const { waiting } = state ?? {}
  const ended = state?.terminated ?? lastState?.terminated
  const end = ended === undefined || ended.exitCode === 0
    ? undefined
    : `ended with ${ended.exitCode ?? 'an unknown code'}${ended.reason === undefined || ended.reason === 'Error' ? '' : ` (${ended.reason})`}`
  if (waiting?.reason === 'CrashLoopBackOff') {
    const why = end ?? 'ends at once, as if it were done'
    return { pod, container: name, text: `container ${name} of ${pod} ${why}, ${restartCount + 1} times by now`, patienceMs: 0 }
  }
  const patienceMs = WAITING_PATIENCE_MS[waiting?.reason ?? '']
  if (patienceMs === undefined) return undefined
  const hasRun = lastState?.terminated !== undefined
  return {
    pod,
    ...(hasRun && { container: name }),
    text: `container ${name} of ${pod} cannot start: ${waiting?.reason ?? ''}${waiting?.message === undefined ? '' : `: ${waiting.message}`}`,
    patienceMs
  }
}

/** Whether requests may come to it. */
export function isReady (pod: Pod): boolean {
  return conditionsOf(pod).some(({ type, status }) => type === 'Ready' && status === 'True')
}

function conditionsOf ({ status }: Pod): readonly Condition[] {
  return (status as { readonly conditions?: readonly Condition[] } | undefined)?.conditions ?? []
}
