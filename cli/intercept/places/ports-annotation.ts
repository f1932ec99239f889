import { ANNOTATIONS } from '../../../common/contract.ts'
import type { InjectionStatus } from '../../../common/injected.ts'
import type { Workload } from '../../cluster/workload.ts'

const PATCHABLE = /^(deployment|statefulset|daemonset|replicaset|rollout)\//

/**
 * What to type so that the pods of a workload have one more port redirected. The annotation replaces the ports that are
 * found by themselves, so it names those too.
 */
export function addPortHint (
  { id, namespace }: Workload, statuses: readonly InjectionStatus[], port: number
): string {
  if (statuses.some(({ mode }) => mode === 'named-port')) {
    return `Give port ${port} a name in the containerPorts of ${id}, and in the targetPort of its Service: ` +
      `${ANNOTATIONS.mode}: named-port sees no numbers`
  }
  const value = portsValue(statuses, port)
  if (!PATCHABLE.test(id)) {
    return `Create ${id} anew with the annotation ${ANNOTATIONS.ports}: "${value}" on its pod`
  }
  const template = JSON.stringify({ spec: { template: { metadata: { annotations: { [ANNOTATIONS.ports]: value } } } } })
  const command = `kubectl -n ${namespace} patch ${id} --type merge -p '${template}'`
  return id.startsWith('replicaset/') ? `${command}   (and delete its pods, so that new ones are made)` : command
}

function portsValue (statuses: readonly InjectionStatus[], port: number): string {
  const known = new Map(statuses.flatMap(({ ports }) => ports).map(item => [item.port, item.redirect]))
  const wishes = [...known].map(([number, redirect]) => redirect === 'on-demand' ? `${number}=on-demand` : `${number}`)
  return [...wishes, `${port}`].join(',')
}
