import { WaylayError } from '../../../common/errors.ts'
import type { Cluster } from '../../cluster/kubeconfig.ts'
import { listPods, workloadIdOf, type Pod } from '../../cluster/pods.ts'
import { podsBehind, requireService } from '../../cluster/service-pods.ts'
import {
  containerPortOf, findAddress, isTcp, type Service, type ServiceAddress, type ServicePort
} from '../../cluster/services.ts'
import { readWorkload } from '../../cluster/workloads.ts'
import type { Workload } from '../../cluster/workload.ts'
import { describePorts } from './choose-port.ts'
import { collectPlaces } from './collect-places.ts'
import type { Place, Places, PortWish } from './place.ts'
import { planIntercept, type AppPortChoice, type Plan } from './plan.ts'

/** A workload with its pods, and those of them that the Service selects. */
type Behind = { readonly workload: Workload, readonly pods: readonly Pod[], readonly behind: readonly Pod[] }

/**
 * Finds the workloads behind a Service, and the container port that each of its ports leads to.
 *
 * @param wishes ports of the Service.
 * @throws {WaylayError} as `findPlaces`.
 */
export async function findServicePlaces (
  cluster: Cluster, namespace: string, name: string, wishes: readonly PortWish[]
): Promise<Places> {
  const service = await requireService(cluster, namespace, name)
  const ports = wishes.map(wish => chooseServicePort(service, wish))
  const behind = await podsBehind(cluster, service)
  const ids = [...new Set(behind.map(workloadIdOf))]
  const workloads = await Promise.all(ids.map(async id =>
    // Gone, while its pods are still there: recognised by what the webhook wrote.
    await readWorkload(cluster, namespace, id) ?? { id, namespace, podQuery: '' }))
  return await collectPlaces(workloads, async workload => {
    const listed = await listPods(cluster, workload)
    const its = behind.filter(pod => workloadIdOf(pod) === workload.id)
    return ports.flatMap((port, wish) => plansFor(service, port, { workload, pods: listed.items, behind: its })
      .map((plan): Place => ({ ...plan, wish, workload, listed, service: addressOf(service, its, plan.port) })))
  })
}

/** One, but where a named port is another one in different pods: in the middle of a rollout. */
function plansFor (service: Service, port: ServicePort, { workload, pods, behind }: Behind): readonly Plan[] {
  const numbers = new Set(behind.map(pod => containerPortOf(port, pod)).filter(number => number !== undefined))
  if (numbers.size > 0) return [...numbers].map(number => planIntercept(workload, pods, number))
  const { metadata: { name, namespace } } = service
  throw new WaylayError('WAYLAY_PORT_UNKNOWN', `Port ${port.port} of service/${name} leads to the port named "${port.targetPort ?? ''}", which no container of ${workload.id} has`,
    { hint: `Compare them: kubectl -n ${namespace} describe service/${name} ${workload.id}` })
}

async function addressOf (
  service: Service, [pod]: readonly Pod[], appPort: AppPortChoice
): Promise<ServiceAddress | undefined> {
  return pod === undefined ? undefined : findAddress([service], pod, appPort)
}

function chooseServicePort ({ metadata: { name, namespace }, spec }: Service, wish: PortWish): ServicePort {
  const all = spec?.ports ?? []
  const tcp = all.filter(isTcp)
  const list = describePorts(tcp)
  if (wish === undefined) {
    if (tcp.length === 1 && tcp[0] !== undefined) return tcp[0]
    throw new WaylayError('WAYLAY_PORT_UNKNOWN', `service/${name} has ${tcp.length === 0 ? 'no TCP port' : `several ports: ${list}`}`,
      { hint: tcp[0] === undefined ? 'Only TCP can be diverted.' : `Name one: --port <developer port>:${tcp[0].port}` })
  }
  const fits = ({ port, name: portName }: ServicePort): boolean => port === wish || portName === wish
  const chosen = tcp.find(fits)
  if (chosen !== undefined) return chosen
  const other = all.find(fits)
  if (other !== undefined) {
    throw new WaylayError('WAYLAY_PORT_NOT_TCP', `service/${name} carries ${other.protocol ?? ''} on port ${wish}, and only TCP can be diverted`,
      { hint: tcp[0] === undefined ? `See its ports: kubectl -n ${namespace} get service ${name}` : `Name another: --port <developer port>:${tcp[0].port}` })
  }
  throw new WaylayError('WAYLAY_PORT_UNKNOWN', `service/${name} has no port ${wish}; its ports: ${list}`, {
    hint: tcp[0] === undefined ? 'Only TCP can be diverted.' : `Name the Service's port, not the container's: --port <developer port>:${tcp[0].port}`
  })
}
