import { callApi } from './api.ts'
import type { Cluster } from './kubeconfig.ts'
import { declaredPorts, injectionOf, type Pod } from './pods.ts'

export type ServicePort = {
  readonly port: number
  readonly name?: string
  readonly protocol?: string
  readonly targetPort?: number | string
  readonly appProtocol?: string
}

export type Service = {
  readonly metadata: { readonly name: string, readonly namespace: string }
  readonly spec?: {
    readonly type?: string
    readonly clusterIP?: string
    /** Of both families. */
    readonly clusterIPs?: readonly string[]
    readonly externalName?: string
    readonly selector?: Readonly<Record<string, string>>
    readonly ports?: readonly ServicePort[]
  }
}

/** A container port, by number and name. */
type AppPort = { readonly port: number, readonly name?: string }

/** How other pods reach a port: `host` is `payments.shop` or `payments.shop:8080`. */
export type ServiceAddress = {
  readonly host: string
  readonly appProtocol?: string | undefined
  /** Where the cluster's network leads to one of the pods; undefined for a headless Service. */
  readonly cluster?: { readonly host: string, readonly port: number } | undefined
}

/** Undefined when there is none. */
export async function getService (cluster: Cluster, namespace: string, name: string): Promise<Service | undefined> {
  const path = `/api/v1/namespaces/${namespace}/services/${name}`
  const { status, body } = await callApi(cluster, { verb: 'get', resource: 'services', namespace, name, path, expected: [404] })
  return status === 404 ? undefined : body as Service
}

/** The Services of a namespace; none where we may not list them: they are for hints and checks only. */
export async function listServices (cluster: Cluster, namespace: string): Promise<readonly Service[]> {
  const path = `/api/v1/namespaces/${namespace}/services`
  try {
    const { body } = await callApi(cluster, { verb: 'list', resource: 'services', namespace, path })
    return (body as { readonly items: readonly Service[] }).items
  } catch {
    return []
  }
}

/** Host and port under which other pods reach this port of the pod, the first of those that have an address. */
export function findAddress (services: readonly Service[], pod: Pod, appPort: AppPort): ServiceAddress | undefined {
  const found = services.filter(service => selects(service, pod)).flatMap(service => {
    const port = service.spec?.ports?.find(item => isTcp(item) && leadsTo(item, pod, appPort))
    return port === undefined ? [] : [addressOf(service, port, appPort.port)]
  })
  return found.find(({ cluster }) => cluster !== undefined) ?? found[0]
}

/** The same, asked anew. Undefined where no Service leads there, or where we may not list Services. */
export async function findService (cluster: Cluster, pod: Pod, appPort: AppPort): Promise<ServiceAddress | undefined> {
  return findAddress(await listServices(cluster, pod.metadata.namespace), pod, appPort)
}

/** Container port of this pod that a Service's port leads to; undefined where the pod does not have it. */
export function containerPortOf ({ port, targetPort = port }: ServicePort, pod: Pod): number | undefined {
  if (typeof targetPort === 'number') return targetPort
  // In the mode named-port the app's port is called otherwise now, and the webhook wrote down how it was.
  const taken = isByName(pod) ? injectionOf(pod)?.ports.find(({ name }) => name === targetPort) : undefined
  return taken?.port ?? declaredPorts(pod).find(({ name, protocol = 'TCP' }) => name === targetPort && protocol === 'TCP')?.containerPort
}

/** Only what TCP carries can be diverted. */
export function isTcp ({ protocol = 'TCP' }: ServicePort): boolean {
  return protocol === 'TCP'
}

/** Query of the pod list that holds the pods behind a Service; undefined where it has no selector. */
export function serviceQuery ({ spec }: Service): string | undefined {
  const labels = Object.entries(spec?.selector ?? {}).map(([key, value]) => `${key}=${value}`)
  return labels.length === 0 ? undefined : `labelSelector=${encodeURIComponent(labels.join(','))}`
}

function addressOf (
  { metadata: { name, namespace }, spec: { clusterIP = '' } = {} }: Service, found: ServicePort, appPort: number
): ServiceAddress {
  // The name of a headless Service is the pods' own addresses.
  const port = clusterIP === 'None' ? appPort : found.port
  return {
    host: `${name}.${namespace}${port === 80 ? '' : `:${port}`}`,
    appProtocol: found.appProtocol,
    cluster: clusterIP === 'None' || clusterIP === '' ? undefined : { host: clusterIP, port: found.port }
  }
}

function selects ({ spec }: Service, { metadata: { labels = {} } }: Pod): boolean {
  const selector = Object.entries(spec?.selector ?? {})
  return selector.length > 0 && selector.every(([key, value]) => labels[key] === value)
}

function isByName (pod: Pod): boolean {
  return injectionOf(pod)?.mode === 'named-port'
}

/**
 * Whether callers of the Service's port come to the proxy. A port by name is the one that the pod calls so; the webhook
 * wrote the name down too.
 */
function leadsTo (servicePort: ServicePort, pod: Pod, appPort: AppPort): boolean {
  const { port, targetPort = port } = servicePort
  if (isByName(pod)) return targetPort === appPort.name
  return targetPort === appPort.name || containerPortOf(servicePort, pod) === appPort.port
}
