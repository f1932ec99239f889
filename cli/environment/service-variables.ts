import type { LinkedService } from '../cluster/config-objects.ts'

/**
 * The variables that tell a container where Services are: `PAYMENTS_SERVICE_HOST`, `PAYMENTS_PORT_80_TCP` and so on.
 *
 * @see https://github.com/kubernetes/kubernetes/blob/v1.34.4/pkg/kubelet/envvars/envvars.go
 */
export function serviceVariables (services: readonly LinkedService[]): ReadonlyMap<string, string> {
  const variables = new Map<string, string>()
  for (const { metadata, spec } of services) {
    const ip = spec?.clusterIP ?? ''
    const ports = spec?.ports ?? []
    if (ip === '' || ip === 'None' || ports[0] === undefined) continue
    const prefix = toVariableName(metadata.name)
    variables.set(`${prefix}_SERVICE_HOST`, ip)
    variables.set(`${prefix}_SERVICE_PORT`, String(ports[0].port))
    for (const { name, port } of ports) {
      if (name) variables.set(`${prefix}_SERVICE_PORT_${toVariableName(name)}`, String(port))
    }
    const host = ip.includes(':') ? `[${ip}]` : ip
    for (const [index, { port, protocol = 'TCP' }] of ports.entries()) {
      const url = `${protocol.toLowerCase()}://${host}:${port}`
      if (index === 0) variables.set(`${prefix}_PORT`, url)
      const ofPort = `${prefix}_PORT_${port}_${protocol.toUpperCase()}`
      variables.set(ofPort, url)
      variables.set(`${ofPort}_PROTO`, protocol.toLowerCase())
      variables.set(`${ofPort}_PORT`, String(port))
      variables.set(`${ofPort}_ADDR`, ip)
    }
  }
  return variables
}

/** The Services that were there when the container started: the kubelet never adds others later. */
export function servicesBefore (
  services: readonly LinkedService[], startedAtMs: number | undefined
): readonly LinkedService[] {
  if (startedAtMs === undefined) return services
  return services.filter(({ metadata }) => {
    const createdAtMs = Date.parse(metadata.creationTimestamp ?? '')
    // Both are cut to seconds: the same second counts as before.
    return !(createdAtMs > startedAtMs)
  })
}

function toVariableName (name: string): string {
  return name.replaceAll('-', '_').toUpperCase()
}
