import { getKubernetesService, listLinkedServices } from '../cluster/config-objects.ts'
import type { Cluster } from '../cluster/kubeconfig.ts'
import type { PodDetail } from '../cluster/pod-spec.ts'
import { servicesBefore, serviceVariables } from './service-variables.ts'
import type { Warning } from './warning.ts'

/** What `KUBERNETES_SERVICE_HOST` and its like are called where they are left out as one. */
export const KUBERNETES_VARIABLES = 'KUBERNETES_*'

export type Links = { readonly variables: ReadonlyMap<string, string>, readonly warnings: readonly Warning[] }

// The API server's own, which every pod gets.
const OWN = { namespace: 'default', name: 'kubernetes' } as const

/** The variables that the Services of the pod's namespace give to its containers. */
export async function readLinks (cluster: Cluster, pod: PodDetail, startedAtMs: number | undefined): Promise<Links> {
  const { namespace } = pod.metadata
  const [own, others] = await Promise.all([
    getKubernetesService(cluster),
    pod.spec.enableServiceLinks === false ? [] : listLinkedServices(cluster, namespace)
  ])
  // A Service of this name in another namespace stands in for the API server's.
  const named = servicesBefore(others, startedAtMs)
    .filter(({ metadata }) => namespace !== OWN.namespace || metadata.name !== OWN.name)
  const shadowed = named.some(({ metadata, spec }) => metadata.name === OWN.name && hasAddress(spec?.clusterIP))
  return {
    variables: serviceVariables([...own === undefined || shadowed ? [] : [own], ...named]),
    warnings: own !== undefined || shadowed
      ? []
      : [{
          about: KUBERNETES_VARIABLES,
          text: `${KUBERNETES_VARIABLES} is left out: they come from the Service "kubernetes" of namespace "default", which you may not get.`
        }]
  }
}

function hasAddress (clusterIp: string | undefined): boolean {
  return clusterIp !== undefined && clusterIp !== '' && clusterIp !== 'None'
}
