import { isTlsPort } from '../../common/injected.ts'
import { WaylayError } from '../../common/errors.ts'
import { isTcp, type Service, type ServicePort } from '../cluster/services.ts'
import type { PreviewPort } from './preview-port.ts'

/** The port of a Service that a preview leads to. */
export type ChosenPort = {
  readonly port: number
  readonly name: string | undefined
  /** Where a headless Service does not name it: the pods' own port. */
  readonly otherPort?: number
  /** Number that the Service gives for its pods, where it does. */
  readonly targetPort?: number
  readonly tls: boolean
}

/**
 * Chooses among the Service's ports: the one that was named, the only one, or the only one that is HTTP by its name.
 *
 * @throws {WaylayError} `WAYLAY_PORT_UNKNOWN` naming those that there are; `WAYLAY_SERVICE_UNFIT` for a Service without
 *   pods of its own.
 */
export function choosePort (service: Service, wanted: PreviewPort['service']): ChosenPort {
  const { metadata: { name, namespace }, spec = {} } = service
  if (spec.type === 'ExternalName' || Object.keys(spec.selector ?? {}).length === 0) {
    throw new WaylayError('WAYLAY_SERVICE_UNFIT', `Service ${namespace}/${name} has no pods of its own`,
      { hint: `Name one that has a selector: kubectl -n ${namespace} get services -o wide` })
  }
  const ports = (spec.ports ?? []).filter(isTcp)
  const found = wanted === undefined ? onlyOne(ports) : ports.find(port => port.port === wanted || port.name === wanted)
  if (found !== undefined) return toChosen(found)
  // The name of a headless Service stands for its pods, whatever port is meant.
  if (spec.clusterIP === 'None' && typeof wanted === 'number') {
    return { port: wanted, name: undefined, otherPort: wanted, tls: isTlsPort({ port: wanted }) }
  }
  if (ports.length === 0) {
    throw new WaylayError('WAYLAY_PORT_UNKNOWN', `Service ${namespace}/${name} has no TCP port`,
      { hint: `See its ports: kubectl -n ${namespace} get service ${name}` })
  }
  const known = ports.map(port => port.name === undefined ? String(port.port) : `${port.port} (${port.name})`).join(', ')
  const what = wanted === undefined ? 'has several TCP ports' : `has no TCP port ${wanted}`
  throw new WaylayError('WAYLAY_PORT_UNKNOWN', `Service ${namespace}/${name} ${what}: ${known}`,
    { hint: `waylay preview ${name} -n ${namespace} --port ${ports[0]?.name ?? ports[0]?.port}` })
}

function onlyOne (ports: readonly ServicePort[]): ServicePort | undefined {
  const http = ports.filter(({ name, appProtocol }) => /^(?:https?|web)(?:-|$)/i.test(name ?? '') || /^https?$/i.test(appProtocol ?? ''))
  return ports.length === 1 ? ports[0] : http.length === 1 ? http[0] : undefined
}

function toChosen ({ port, name, targetPort, appProtocol }: ServicePort): ChosenPort {
  return {
    port,
    name,
    ...(typeof targetPort === 'number' && { targetPort }),
    // appProtocol says it outright; otherwise it is read from name and number, as the proxy reads its ports.
    tls: appProtocol === undefined ? isTlsPort({ port, ...(name !== undefined && { name }) }) : /^(?:https|wss|tls|grpcs)$/i.test(appProtocol)
  }
}
