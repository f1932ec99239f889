import { callApi } from './api.ts'
import type { Cluster } from './kubeconfig.ts'
import type { Pod } from './pods.ts'

type ServicePort = { readonly port: number, readonly targetPort?: number | string, readonly appProtocol?: string }

type Service = {
  readonly metadata: { readonly name: string }
  readonly spec?: { readonly selector?: Readonly<Record<string, string>>, readonly ports?: readonly ServicePort[] }
}

/** A container port, by number and name. */
type AppPort = { readonly port: number, readonly name?: string }

/** How other pods reach a port: `host` is `payments.shop` or `payments.shop:8080`. */
export type ServiceAddress = { readonly host: string, readonly appProtocol?: string | undefined }

/**
 * Host and port under which other pods reach this port of the pod. Undefined where no Service leads there, or where we
 * may not list Services: it is for a hint only.
 */
export async function findService (
  cluster: Cluster, pod: Pod, appPort: AppPort
): Promise<ServiceAddress | undefined> {
  const { namespace, labels = {} } = pod.metadata
  const path = `/api/v1/namespaces/${namespace}/services`
  try {
    const { body } = await callApi(cluster, { verb: 'list', resource: 'services', namespace, path })
    for (const { metadata, spec } of (body as { readonly items: readonly Service[] }).items) {
      const selector = Object.entries(spec?.selector ?? {})
      if (selector.length === 0 || !selector.every(([key, value]) => labels[key] === value)) continue
      const found = spec?.ports?.find(port => leadsTo(port, appPort))
      if (found === undefined) continue
      const host = `${metadata.name}.${namespace}${found.port === 80 ? '' : `:${found.port}`}`
      return { host, appProtocol: found.appProtocol }
    }
  } catch {
    // The intercept stands or falls without it.
  }
  return undefined
}

function leadsTo ({ port, targetPort = port }: ServicePort, appPort: AppPort): boolean {
  return targetPort === appPort.port || targetPort === appPort.name
}
