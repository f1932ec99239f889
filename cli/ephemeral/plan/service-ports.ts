import { isTcp, type Service, type ServicePort } from '../../cluster/services.ts'
import { runningContainers, type PodTemplate } from './pod-template.ts'

/** The Services that lead to pods of the template. */
export function servicesOf (services: readonly Service[], { metadata }: PodTemplate): readonly Service[] {
  const labels = metadata?.labels ?? {}
  return services.filter(({ spec }) => {
    const selector = Object.entries(spec?.selector ?? {})
    return selector.length > 0 && selector.every(([key, value]) => labels[key] === value)
  })
}

/** What Services call a container port: a `targetPort` says it by number or by name. */
export function servicePortsTo (
  services: readonly Service[], template: PodTemplate, port: number
): readonly ServicePort[] {
  const names = runningContainers(template).flatMap(({ ports = [] }) => ports)
    .filter(({ containerPort, protocol = 'TCP' }) => containerPort === port && protocol === 'TCP')
    .map(({ name }) => name)
  return servicesOf(services, template).flatMap(({ spec }) => spec?.ports ?? []).filter(isTcp)
    .filter(({ port: own, targetPort = own }) => targetPort === port || names.some(name => name === targetPort))
}
