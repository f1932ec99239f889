import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { text } from 'node:stream/consumers'
import WebSocket from 'ws'
import { WaylayError } from '../../common/errors.ts'
import { toRefusal, toUnreachable, type ApiStatus } from './api-failure.ts'
import { apiUrl } from './api.ts'
import type { Access, Cluster } from './kubeconfig.ts'
import { toForwardFailure, type ForwardPlace } from './port-forward-failure.ts'
import { PortForwardStream } from './port-forward-stream.ts'

// v5 alone is answered 403 by Kubernetes 1.34's port-forward.
const SUBPROTOCOL = 'v4.channel.k8s.io'
const HANDSHAKE_TIMEOUT_MS = 15_000

/**
 * Opens a byte stream to one port of a pod, through the API server, with the kubeconfig's credentials and proxies.
 *
 * Both directions hold back: while nobody reads, the WebSocket's socket is paused; a write is done when the kernel took
 * it. There is no half-close below: when the pod's side ends, the stream ends, and ending it closes it.
 *
 * @throws {WaylayError} `WAYLAY_FORBIDDEN` without the right to `pods/portforward`, `WAYLAY_NO_CLUSTER`,
 *   `WAYLAY_TUNNEL_FAILED` for a pod that is gone.
 */
export async function openPortForward (
  cluster: Cluster, namespace: string, pod: string, port: number
): Promise<Duplex> {
  const place = { namespace, pod, port }
  const access = await cluster.access()
  const first = await open(cluster, access, place)
  if (!(first instanceof Refused)) return first
  // As for any request: a plugin's token may have run out before its time.
  const fresh = first.status === 401 ? await cluster.access(access) : access
  if (fresh.id === access.id) throw first.error
  const second = await open(cluster, fresh, place)
  if (second instanceof Refused) throw second.error
  return second
}

class Refused {
  readonly status: number
  readonly error: WaylayError

  constructor (status: number, error: WaylayError) {
    this.status = status
    this.error = error
  }
}

async function open (cluster: Cluster, { agent, headers }: Access, place: ForwardPlace): Promise<Duplex | Refused> {
  const { namespace, pod, port } = place
  const url = apiUrl(cluster.server, `/api/v1/namespaces/${namespace}/pods/${pod}/portforward?ports=${port}`)
  const isTls = url.protocol === 'https:'
  url.protocol = isTls ? 'wss:' : 'ws:'
  const socket = new WebSocket(url, [SUBPROTOCOL], {
    agent,
    // Handed on to http.request, which takes lists as well.
    headers: headers as Record<string, string>,
    perMessageDeflate: false,
    handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
    // Masks guard plain-text intermediaries against what a browser's script might send. Inside of TLS there are none,
    // and masking would copy every byte.
    ...(isTls && { generateMask: (mask: Buffer) => { mask.fill(0) } })
  })
  // Made before the socket opens: the first message may come with the handshake's answer.
  const stream = new PortForwardStream(socket, reason => toForwardFailure(reason, place))
  const { promise, resolve, reject } = Promise.withResolvers<Duplex | Refused>()
  socket.once('open', () => { resolve(stream) })
  socket.once('unexpected-response', (_request, answer) => {
    // Not ended with terminate(): the agent may have given the connection to another request by then.
    readRefusal(answer, place).then(resolve, reject)
  })
  stream.once('error', error => {
    reject(error instanceof WaylayError ? error : toUnreachable(cluster.server, cluster.context, error))
  })
  return await promise
}

async function readRefusal (answer: IncomingMessage, place: ForwardPlace): Promise<Refused> {
  const status = answer.statusCode ?? 0
  const said = parseStatus(await text(answer).catch(() => ''))
  const { namespace, pod } = place
  const asked = { verb: 'create', resource: 'pods/portforward', namespace, name: pod } as const
  // Rights and credentials as for every request; else it is about the pod.
  const error = status === 401 || status === 403
    ? toRefusal(status, said, asked)
    : toForwardFailure(said.message || `HTTP ${status}`, place)
  return new Refused(status, error)
}

function parseStatus (raw: string): ApiStatus {
  try {
    return JSON.parse(raw) as ApiStatus
  } catch {
    return { message: raw.trim() }
  }
}
