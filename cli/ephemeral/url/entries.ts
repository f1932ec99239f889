import type { Environment } from '../../../environments/object.ts'
import { toWaylayError } from '../../../common/errors.ts'
import type { Cluster } from '../../cluster/kubeconfig.ts'
import { isOver, listPods, type Pod } from '../../cluster/pods.ts'
import { findAddress, listServices } from '../../cluster/services.ts'
import { readWorkload } from '../../cluster/workloads.ts'
import { exampleRequest } from '../../intercept/report/example-request.ts'

/** Where callers in the cluster send a request that is meant for a copy: to its original. */
export type Entry = {
  readonly workload: string
  /** Container port. */
  readonly port: number
  readonly service: string
  readonly servicePort: number
  readonly url: string
  readonly curl: string
  /** Whether a browser elsewhere could be led there: it has an address of its own. */
  readonly isShareable: boolean
}

/** For each diverted port the Service in front of it, where there is one and the user may see it. */
export async function findEntries (
  cluster: Cluster, { metadata: { namespace }, spec }: Environment
): Promise<readonly Entry[]> {
  const services = await listServices(cluster, namespace)
  const match = { headers: [{ type: 'Exact' as const, name: spec.header, value: spec.value }] }
  const found = await Promise.all(spec.workloads.map(async ({ workload, ports = [] }) => {
    const pod = await somePodOf(cluster, namespace, workload)
    return ports.flatMap((port): readonly Entry[] => {
      const address = pod === undefined ? undefined : findAddress(services, pod, { port, ...nameOf(pod, port) })
      if (address === undefined) return []
      const [, service = '', digits = '80'] = /^([^.]+)\.[^:]+(?::(\d+))?$/.exec(address.host) ?? []
      const tls = /^(?:https|wss|tls)$/i.test(address.appProtocol ?? '')
      return [{
        workload,
        port,
        service,
        servicePort: Number(digits),
        url: `${tls ? 'https' : 'http'}://${address.host}/`,
        curl: exampleRequest(match, address.host, tls),
        isShareable: address.cluster !== undefined && !tls
      }]
    })
  }))
  return found.flat()
}

async function somePodOf (cluster: Cluster, namespace: string, id: string): Promise<Pod | undefined> {
  try {
    const workload = await readWorkload(cluster, namespace, id)
    return workload === undefined ? undefined : (await listPods(cluster, workload)).items.find(pod => !isOver(pod))
  } catch (error) {
    if (toWaylayError(error).code === 'WAYLAY_FORBIDDEN') return undefined
    throw error
  }
}

function nameOf ({ spec }: Pod, port: number): { readonly name?: string } {
  const found = spec?.containers?.flatMap(({ ports = [] }) => ports).find(({ containerPort }) => containerPort === port)
  return found?.name === undefined ? {} : { name: found.name }
}
