import { INIT_CONTAINER_NAME, PROXY_CONTAINER_NAME } from '../../common/contract.ts'
import { toWaylayError } from '../../common/errors.ts'
import type { Cluster } from '../cluster/kubeconfig.ts'
import { readLogs, type LogRange } from '../cluster/pod-logs.ts'
import type { ContainerStatus, Pod } from '../cluster/pods.ts'
import type { PrintLine } from './print-line.ts'

export type PrintDeps = {
  readonly cluster: Cluster
  readonly range: LogRange
  readonly print: PrintLine
  readonly note: (line: string) => void
}

/**
 * Prints what the two containers have said so far. A pod that is gone meanwhile, or has not begun, is noted.
 *
 * @throws {WaylayError} `WAYLAY_FORBIDDEN` without the right to logs.
 */
export async function printPod (pod: Pod, { cluster, range, print, note }: PrintDeps): Promise<void> {
  printInit(pod, print)
  const { name, namespace } = pod.metadata
  const which = { namespace, pod: name, container: PROXY_CONTAINER_NAME }
  try {
    for await (const { time, text } of readLogs(cluster, which, range)) print(which, time, text)
  } catch (error) {
    const failure = toWaylayError(error)
    if (failure.code === 'WAYLAY_FORBIDDEN' || failure.code === 'WAYLAY_NO_CLUSTER') throw failure
    note(`Pod ${name} has no logs: ${describeState(statusOf(pod, PROXY_CONTAINER_NAME)) ?? failure.message}`)
  }
}

/** `waylay-init` ends with a message of one line that says what it did: its logs would say no more. */
export function printInit (pod: Pod, print: PrintLine): void {
  const status = statusOf(pod, INIT_CONTAINER_NAME)
  const { message, finishedAt = '' } = status?.state?.terminated ?? status?.lastState?.terminated ?? {}
  for (const line of message?.trim().split('\n') ?? []) {
    if (line !== '') print({ pod: pod.metadata.name, container: INIT_CONTAINER_NAME }, finishedAt, line)
  }
}

function statusOf (pod: Pod, container: string): ContainerStatus | undefined {
  return pod.status?.initContainerStatuses?.find(({ name }) => name === container)
}

function describeState (status: ContainerStatus | undefined): string | undefined {
  const waiting = status?.state?.waiting
  return waiting === undefined ? undefined : [waiting.reason, waiting.message].filter(Boolean).join(', ')
}
