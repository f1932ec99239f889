import { PORTS, PROXY_CONTAINER_NAME } from '../../common/contract.ts'
import { WaylayError } from '../../common/errors.ts'

export type ForwardPlace = { readonly namespace: string, readonly pod: string, readonly port: number }

/** Nobody listens on that port of the pod: no byte reached anybody, so another way may be tried. */
export class PortRefused extends WaylayError {}

/** What kubelet and container runtime say of a pod that is on its way out, or in; the words differ by runtime. */
const POD_IS_GONE = /not found|does not exist|not running|no such (container|pod|file)|sandbox.*not ready|has been terminated/i
const KUBELET_IS_AWAY = /error dialing backend|no route to host|i\/o timeout|TLS handshake timeout/i

/** Makes what the API server, kubelet or runtime say of a port-forward a failure with something to do about it. */
export function toForwardFailure (reason: string, { namespace, pod, port }: ForwardPlace): WaylayError {
  const message = `The port-forward to pod "${pod}" failed`
  const look = `kubectl -n ${namespace} get pod ${pod}`
  if (/connection refused/i.test(reason) && !KUBELET_IS_AWAY.test(reason)) {
    const isProxy = port === PORTS.tunnel
    return new PortRefused('WAYLAY_TUNNEL_FAILED', `${message}: nothing listens on its port ${port}${isProxy ? ', so its proxy does not run' : ''}`,
      { hint: `See why: kubectl -n ${namespace} logs ${pod}${isProxy ? ` -c ${PROXY_CONTAINER_NAME}` : ''}` })
  }
  if (KUBELET_IS_AWAY.test(reason)) {
    return new WaylayError('WAYLAY_TUNNEL_FAILED', `${message}: the API server does not reach the pod's node: ${reason}`,
      { hint: `See whether the node is ready: kubectl get nodes; ${look} -o wide` })
  }
  if (POD_IS_GONE.test(reason)) {
    return new WaylayError('WAYLAY_TUNNEL_FAILED', `${message}: the pod is gone or does not run: ${reason}`, { hint: look })
  }
  return new WaylayError('WAYLAY_TUNNEL_FAILED', `${message}: ${reason}`)
}
