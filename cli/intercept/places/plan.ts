import { INJECT_LABEL } from '../../../common/contract.ts'
import { WaylayError } from '../../../common/errors.ts'
import { isOver, isPodOf, isReachable, workloadIdOf, type Pod } from '../../cluster/pods.ts'
import type { Workload } from '../../cluster/workload.ts'
import { choosePort, type AppPortChoice } from './choose-port.ts'

export { isPodOf } from '../../cluster/pods.ts'
export type { AppPortChoice } from './choose-port.ts'

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
 * @throws {WaylayError} `WAYLAY_NO_PODS`, `WAYLAY_NOT_INJECTED`, `WAYLAY_PORT_UNKNOWN`, `WAYLAY_PORT_NOT_TCP`.
 */
export function planIntercept (workload: Workload, pods: readonly Pod[], wanted: number | string | undefined): Plan {
  const { alive, injected } = requireInjected(workload, pods)
  const port = choosePort(workload, injected, wanted)
  const reachable = injected.filter(isReachable)
  if (reachable.length === 0) {
    throw new WaylayError('WAYLAY_NO_PODS', `No pod of ${workload.id} runs yet: ${injected.map(pod => pod.metadata.name).join(', ')}`,
      { hint: `See why: kubectl -n ${workload.namespace} get pods` })
  }
  return { port, pods: reachable, notInjected: alive.filter(pod => !isPodOf(workload, pod)) }
}

/**
 * The workload's pods that have not ended, and those of them that carry the proxy.
 *
 * @throws {WaylayError} `WAYLAY_NO_PODS`, `WAYLAY_NOT_INJECTED`.
 */
export function requireInjected (workload: Workload, pods: readonly Pod[]) {
  const alive = pods.filter(pod => !isOver(pod) && workloadIdOf(pod) === workload.id)
  const injected = alive.filter(pod => isPodOf(workload, pod))
  if (alive.length === 0) {
    throw new WaylayError('WAYLAY_NO_PODS', `${workload.id} has no pods in namespace "${workload.namespace}"`,
      { hint: `Scale it up or see why it has none: kubectl -n ${workload.namespace} describe ${workload.id}` })
  }
  if (injected.length === 0) throw notInjected(workload, alive)
  return { alive, injected }
}

function notInjected ({ id, namespace }: Workload, pods: readonly Pod[]): WaylayError {
  const names = pods.map(({ metadata }) => metadata.name).join(' ')
  return new WaylayError('WAYLAY_NOT_INJECTED', `waylay is not in the pods of ${id} in namespace "${namespace}"`,
    {
      hint: `kubectl label namespace ${namespace} ${INJECT_LABEL}=enabled --overwrite && ${restart(id, namespace, names)}` +
        `   # if new pods come without it too: waylay doctor ${id} -n ${namespace}`
    })
}

function restart (id: string, namespace: string, pods: string): string {
  if (/^(deployment|statefulset|daemonset)\//.test(id)) return `kubectl -n ${namespace} rollout restart ${id}`
  if (/^(pod|job)\//.test(id)) return `kubectl -n ${namespace} delete ${id}   # and create it again`
  return `kubectl -n ${namespace} delete pod ${pods}   # their successors are injected`
}
