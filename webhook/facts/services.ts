/** A Service that leads to numeric ports of the pods it selects. */
export type ServiceFact = {
  readonly selector: readonly (readonly [key: string, value: string])[]
  readonly ports: readonly number[]
}

/** What of a Service (core/v1) we read. */
export type ServiceObject = {
  readonly spec?: {
    readonly type?: string
    readonly selector?: Readonly<Record<string, string>>
    readonly ports?: readonly {
      readonly port: number
      readonly protocol?: string
      readonly targetPort?: number | string
    }[]
  }
}

/**
 * What of a Service says where packets go. A targetPort that is a name is a declared containerPort, which the pod tells
 * itself; without a selector nobody knows the pods.
 */
export function readService ({ spec = {} }: ServiceObject): ServiceFact | undefined {
  const selector = Object.entries(spec.selector ?? {})
  const ports = (spec.ports ?? [])
    .filter(({ protocol }) => (protocol ?? 'TCP') === 'TCP')
    .map(({ port, targetPort }) => targetPort ?? port)
    .filter((port): port is number => typeof port === 'number')
  if (selector.length === 0 || ports.length === 0 || spec.type === 'ExternalName') return undefined
  return { selector, ports: [...new Set(ports)] }
}

/** Numeric targetPorts of the Services that select a pod with these labels, each once, in order. */
export function portsOfServices (
  services: Iterable<ServiceFact>, labels: Readonly<Record<string, string>>
): readonly number[] {
  const ports = new Set<number>()
  for (const service of services) {
    if (service.selector.every(([key, value]) => labels[key] === value)) service.ports.forEach(port => ports.add(port))
  }
  return [...ports].sort((one, other) => one - other)
}
