import { INJECT_LABEL } from '../../common/contract.ts'
import { WaylayError } from '../../common/errors.ts'
import type { AppPort, InjectionStatus } from '../../common/injected.ts'
import { injectionOf, isReachable, type Pod } from '../cluster/pods.ts'
import type { Workload } from '../cluster/workloads.ts'

/** One port of the app, as the injected pods declare it. */
export type AppPortChoice = Omit<AppPort, 'listener' | 'redirect'>

/** What an intercept can be put on, found by looking at the pods that are there. */
export type Plan = {
  readonly port: AppPortChoice
  /** Injected pods whose proxy runs. */
  readonly pods: readonly Pod[]
  /** Pods of the workload that waylay is not in: their requests go to the app. */
  readonly notInjected: readonly Pod[]
}

/**
 * Chooses pods and port.
 *
 * @param wanted port number or name; undefined when the user named none.
 * @throws {WaylayError} `WAYLAY_NO_PODS`, `WAYLAY_NOT_INJECTED`, `WAYLAY_PORT_UNKNOWN`.
 */
export function planIntercept (workload: Workload, pods: readonly Pod[], wanted: number | string | undefined): Plan {
  const alive = pods.filter(pod => pod.metadata.deletionTimestamp === undefined && !isOver(pod))
  const injected = alive.filter(pod => isPodOf(workload, pod))
  if (alive.length === 0) {
    throw new WaylayError('WAYLAY_NO_PODS', `${workload.id} has no pods in namespace "${workload.namespace}"`,
      { hint: `Scale it up or see why it has none: kubectl -n ${workload.namespace} describe ${workload.id}` })
  }
  if (injected.length === 0) throw notInjected(workload, alive)
  const statuses = injected.map(injectionOf).filter(status => status !== undefined)
  const port = choosePort(workload, statuses, wanted)
  const reachable = injected.filter(isReachable)
  if (reachable.length === 0) {
    throw new WaylayError('WAYLAY_NO_PODS', `No pod of ${workload.id} runs yet: ${injected.map(pod => pod.metadata.name).join(', ')}`,
      { hint: `See why: kubectl -n ${workload.namespace} get pods` })
  }
  return { port, pods: reachable, notInjected: alive.filter(pod => !isPodOf(workload, pod)) }
}

/** Whether the webhook put the proxy into the pod and counts the pod to this workload. */
export function isPodOf (workload: Workload, pod: Pod): boolean {
  return injectionOf(pod)?.workload === workload.id
}

function isOver (pod: Pod): boolean {
  return pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed'
}

function notInjected ({ id, namespace }: Workload, pods: readonly Pod[]): WaylayError {
  const restart = /^(deployment|statefulset|daemonset)\//.test(id)
    ? `kubectl -n ${namespace} rollout restart ${id}`
    : `kubectl -n ${namespace} delete pod ${pods[0]?.metadata.name ?? ''}   (its successor is injected)`
  return new WaylayError('WAYLAY_NOT_INJECTED', `waylay is not in the pods of ${id} in namespace "${namespace}"`,
    { hint: `kubectl label namespace ${namespace} ${INJECT_LABEL}=enabled && ${restart}` })
}

function choosePort (
  workload: Workload, statuses: readonly InjectionStatus[], wanted: number | string | undefined
): AppPortChoice {
  const known = [...new Map(statuses.flatMap(({ ports }) => ports).map(port => [port.port, port])).values()]
  const list = known.map(({ port, name }) => name === undefined ? `${port}` : `${port} (${name})`).join(', ') || 'none'
  if (wanted === undefined) {
    if (known.length === 1 && known[0] !== undefined) return known[0]
    throw new WaylayError('WAYLAY_PORT_UNKNOWN', `${workload.id} has ${known.length === 0 ? 'no port' : 'several ports'}: ${list}`,
      { hint: `Name one: --port <developer port>:${known[0]?.port ?? '<app port>'}` })
  }
  const chosen = known.find(({ port, name }) => port === wanted || name === wanted)
  if (chosen !== undefined) return chosen
  throw new WaylayError('WAYLAY_PORT_UNKNOWN', `${workload.id} has no port ${wanted}; its ports: ${list}`, {
    hint: known[0] === undefined
      ? 'Declare it as a containerPort of the app, or in the annotation waylay.dev/ports.'
      : `Name one of them: --port <developer port>:${known[0].port}`
  })
}
