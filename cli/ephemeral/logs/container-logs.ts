import { toWaylayError } from '../../../common/errors.ts'
import { readLogs } from '../../cluster/pod-logs.ts'
import type { ContainerStatus, Pod } from '../../cluster/pods.ts'
import type { PrintDeps } from '../../logs/print-pod.ts'

/** Every container's name, in the order in which they start. */
export function containersOf ({ spec }: Pod): readonly string[] {
  return [...spec?.initContainers ?? [], ...spec?.containers ?? []].map(({ name }) => name)
}

export function statusOf ({ status }: Pod, container: string): ContainerStatus | undefined {
  const all = [...status?.initContainerStatuses ?? [], ...status?.containerStatuses ?? []]
  return all.find(({ name }) => name === container)
}

/** Whether there was an instance whose lines can be had. */
export function hasBegun (pod: Pod, container: string): boolean {
  const { state, lastState } = statusOf(pod, container) ?? {}
  return (state?.running ?? state?.terminated ?? lastState?.terminated) !== undefined
}

/**
 * Prints what a container has said so far, the instance before its restart first. One that has not begun is noted with
 * what it waits for.
 *
 * @throws {WaylayError} `WAYLAY_FORBIDDEN` without the right to logs.
 */
export async function printContainer (pod: Pod, container: string, deps: PrintDeps): Promise<void> {
  const { cluster, range, print, note } = deps
  const { name, namespace } = pod.metadata
  if (!hasBegun(pod, container)) {
    const { reason, message } = statusOf(pod, container)?.state?.waiting ?? {}
    return note(`Container ${name}/${container} has not begun: ${[reason, message].filter(Boolean).join(', ') || 'it waits'}`)
  }
  await printPrevious(pod, container, deps)
  const which = { namespace, pod: name, container }
  try {
    for await (const { time, text } of readLogs(cluster, which, range)) print(which, time, text)
  } catch (error) {
    const failure = toWaylayError(error)
    if (failure.code === 'WAYLAY_FORBIDDEN' || failure.code === 'WAYLAY_NO_CLUSTER') throw failure
    note(`Container ${name}/${container} has no logs: ${failure.message}`)
  }
}

/**
 * Of one that runs again. While it waits to, its lines are the crashed one's anyway.
 *
 * @throws {WaylayError} `WAYLAY_FORBIDDEN`
 */
export async function printPrevious (
  pod: Pod, container: string, { cluster, range, print, note }: PrintDeps
): Promise<void> {
  const { state, lastState } = statusOf(pod, container) ?? {}
  const ended = lastState?.terminated
  if (ended === undefined || state?.waiting !== undefined) return
  const which = { namespace: pod.metadata.namespace, pod: pod.metadata.name, container }
  try {
    for await (const { time, text } of readLogs(cluster, which, { ...range, previous: true })) print(which, time, text)
    note(`Container ${pod.metadata.name}/${container} ended with code ${ended.exitCode ?? '?'} at ${ended.finishedAt ?? '?'}, and was started again`)
  } catch (error) {
    // The node keeps the one before, but not for ever.
    if (toWaylayError(error).code === 'WAYLAY_FORBIDDEN') throw error
  }
}
