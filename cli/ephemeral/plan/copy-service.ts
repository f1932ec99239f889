import type { Service } from '../../cluster/services.ts'
import type { Manifest } from '../../manifests.ts'
import { copyLabels, selectorOf } from './copy-labels.ts'
import type { DivertedPort } from './environment-plan.ts'
import type { PodTemplate } from './pod-template.ts'
import { servicePortsTo, servicesOf } from './service-ports.ts'

type Families = { readonly ipFamilies?: readonly string[], readonly ipFamilyPolicy?: string }

/**
 * A copy's Service: each diverted container port under its own number, with the name and the protocol that the
 * original's Services give it, and in their address families: an app may listen in one alone.
 */
export function copyService (options: {
  readonly namespace: string
  readonly environment: string
  readonly copy: string
  readonly template: PodTemplate
  readonly ports: readonly DivertedPort[]
  readonly services: readonly Service[]
}): Manifest {
  const { namespace, environment, copy, template, ports, services } = options
  const [original] = servicesOf(services, template)
  const { ipFamilies, ipFamilyPolicy } = (original?.spec ?? {}) as Families
  const service = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: copy, namespace, labels: copyLabels(environment, copy) },
    spec: {
      type: 'ClusterIP',
      selector: selectorOf(environment, copy),
      ...(ipFamilyPolicy !== undefined && { ipFamilyPolicy }),
      ...(ipFamilies !== undefined && { ipFamilies }),
      ports: named(ports.map(({ port, name }) => {
        const known = servicePortsTo(services, template, port)
        const appProtocol = known.map(item => item.appProtocol).find(text => text !== undefined)
        return {
          name: name ?? known.map(item => item.name).find(text => text !== undefined) ?? `port-${port}`,
          port,
          protocol: 'TCP',
          targetPort: port,
          ...(appProtocol !== undefined && { appProtocol })
        }
      }))
    }
  }
  return service
}

/** Two containers may each have a port called `http`; a Service may not. */
function named<T extends { readonly name: string, readonly port: number }> (ports: readonly T[]): readonly T[] {
  return ports.map((port, index) => {
    const isFirst = ports.findIndex(({ name }) => name === port.name) === index
    return isFirst ? port : { ...port, name: `port-${port.port}` }
  })
}
