import { WaylayError } from '../../../common/errors.ts'
import type { Service } from '../../cluster/services.ts'
import { choosePort } from '../choose-port.ts'
import type { PreviewPort } from '../preview-port.ts'

/**
 * The port of a Service that a link leads to.
 *
 * @throws {WaylayError} `WAYLAY_PREVIEW_UNFIT` for one that the gateway does not show, or what `choosePort` says.
 */
export function shareablePort (service: Service, wanted: PreviewPort['service']): number {
  const { metadata: { name, namespace }, spec = {} } = service
  const { port, tls } = choosePort(service, wanted)
  const { clusterIP = 'None' } = spec
  if (clusterIP === 'None' || clusterIP === '') throw unfit(`Service ${namespace}/${name} has no cluster IP`)
  if (tls) throw unfit(`Port ${port} of Service ${namespace}/${name} carries TLS, and the gateway speaks plain HTTP to apps`)
  return port
}

function unfit (message: string): WaylayError {
  return new WaylayError('WAYLAY_PREVIEW_UNFIT', message)
}
