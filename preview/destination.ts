/** What of a Service (core/v1) says where it leads. */
export type ServiceObject = {
  readonly spec?: {
    readonly type?: string
    readonly clusterIP?: string
    readonly selector?: Readonly<Record<string, string>>
    readonly ports?: readonly ServicePort[]
  }
}

type ServicePort = {
  readonly port: number
  readonly protocol?: string
  readonly targetPort?: number | string
}

/** Where a preview's requests go. */
export type Destination = {
  /** The Service's own address, given by the API server. */
  readonly host: string
  readonly port: number
  /** Other numbers under which the app may speak of itself. */
  readonly otherPorts: readonly number[]
}

/**
 * Where a Service's port leads. Undefined for one whose address is for its owner to choose: an ExternalName is any host
 * there is, and without a selector, or without a cluster IP, its endpoints are any address.
 */
export function destinationOf ({ spec = {} }: ServiceObject, port: number): Destination | undefined {
  const { type = 'ClusterIP', clusterIP = '', selector = {}, ports = [] } = spec
  if (type === 'ExternalName' || clusterIP === '' || clusterIP === 'None') return undefined
  if (Object.keys(selector).length === 0) return undefined
  const found = ports.find(item => item.port === port && (item.protocol ?? 'TCP') === 'TCP')
  if (found === undefined) return undefined
  const { targetPort } = found
  return { host: clusterIP, port, otherPorts: typeof targetPort === 'number' ? [targetPort] : [] }
}
