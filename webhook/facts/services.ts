/** A Service that leads to ports of the pods it selects. */
export type ServiceFact = {
  readonly selector: readonly (readonly [key: string, value: string])[]
  readonly ports: readonly ServicePort[]
}

export type ServicePort = {
  /** A number, or the name of a containerPort. */
  readonly targetPort: number | string
  /** What it speaks: appProtocol, or else the name of the Service's port. */
  readonly protocol?: string
}

/** What of a Service (core/v1) we read. */
export type ServiceObject = {
  readonly spec?: {
    readonly type?: string
    readonly selector?: Readonly<Record<string, string>>
    readonly ports?: readonly {
      readonly port: number
      readonly name?: string
      readonly protocol?: string
      readonly appProtocol?: string
      readonly targetPort?: number | string
    }[]
  }
}

/**
 * What of a Service says where packets go and what they are. A targetPort that is a name is a declared containerPort,
 * which the pod tells itself; without a selector nobody knows the pods.
 */
export function readService ({ spec = {} }: ServiceObject): ServiceFact | undefined {
  const selector = Object.entries(spec.selector ?? {})
  const ports = (spec.ports ?? [])
    .filter(({ protocol }) => (protocol ?? 'TCP') === 'TCP')
    .map(({ port, targetPort, appProtocol, name }): ServicePort => {
      const protocol = appProtocol ?? name
      return { targetPort: targetPort ?? port, ...(protocol !== undefined && { protocol }) }
    })
    .filter(({ targetPort, protocol }) => typeof targetPort === 'number' || protocol !== undefined)
  if (selector.length === 0 || ports.length === 0 || spec.type === 'ExternalName') return undefined
  return { selector, ports }
}

/** What Services say about a pod. */
export type PodServices = {
  /** Numeric targetPorts, each once, in order. */
  readonly ports: readonly number[]
  /** By targetPort, a number or a name. */
  readonly protocols: Readonly<Record<string, string>>
}

/** Of the Services that select a pod with these labels. */
export function portsOfServices (
  services: Iterable<ServiceFact>, labels: Readonly<Record<string, string>>
): PodServices {
  const ports = new Set<number>()
  const protocols = new Map<string, string>()
  for (const service of services) {
    if (!service.selector.every(([key, value]) => labels[key] === value)) continue
    for (const { targetPort, protocol } of service.ports) {
      if (typeof targetPort === 'number') ports.add(targetPort)
      if (protocol !== undefined) protocols.set(String(targetPort), protocol)
    }
  }
  return { ports: [...ports].sort((one, other) => one - other), protocols: Object.fromEntries(protocols) }
}
