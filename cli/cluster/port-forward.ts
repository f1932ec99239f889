import { Duplex } from 'node:stream'
import { text } from 'node:stream/consumers'
import type { IncomingMessage } from 'node:http'
import WebSocket, { type RawData } from 'ws'
import { WaylayError } from '../../common/errors.ts'
import { toRefusal, toUnreachable, type ApiStatus } from './api-failure.ts'
import { apiUrl } from './api.ts'
import type { Cluster } from './kubeconfig.ts'

// v5 alone is answered 403 by Kubernetes 1.34's port-forward.
const SUBPROTOCOL = 'v4.channel.k8s.io'
const DATA_CHANNEL = 0
const ERROR_CHANNEL = 1
const MAX_MESSAGE_BYTES = 256 * 1024
const MAX_PAYLOAD_BYTES = MAX_MESSAGE_BYTES - 1
const HANDSHAKE_TIMEOUT_MS = 15_000

/**
 * Opens a byte stream to one port of a pod, through the API server.
 *
 * Both directions hold back: while nobody reads, the WebSocket's socket is paused; a write is done when the kernel took
 * it. There is no half-close below: when the pod's side ends, the stream ends, and ending it closes it.
 *
 * @throws {WaylayError} `WAYLAY_FORBIDDEN` without the right to `pods/portforward`, `WAYLAY_NO_CLUSTER`.
 */
export async function openPortForward (
  cluster: Cluster, namespace: string, pod: string, port: number
): Promise<Duplex> {
  const { agent, headers } = await cluster.access()
  const url = apiUrl(cluster.server, `/api/v1/namespaces/${namespace}/pods/${pod}/portforward?ports=${port}`)
  url.protocol = url.protocol === 'http:' ? 'ws:' : 'wss:'
  const socket = new WebSocket(url, [SUBPROTOCOL], {
    agent,
    headers,
    perMessageDeflate: false,
    handshakeTimeout: HANDSHAKE_TIMEOUT_MS
  })
  // Made before the socket opens: the first message may come with the handshake's answer.
  const stream = new PortForwardStream(socket, pod)
  const { promise, resolve, reject } = Promise.withResolvers<Duplex>()
  socket.once('open', () => { resolve(stream) })
  socket.once('unexpected-response', (_request, answer) => {
    // Not ended with terminate(): the agent may have given the connection to another request by then.
    readRefusal(answer, namespace, pod).then(reject, reject)
  })
  stream.once('error', error => {
    reject(error instanceof WaylayError ? error : toUnreachable(cluster.server, cluster.context, error))
  })
  return await promise
}

async function readRefusal (answer: IncomingMessage, namespace: string, pod: string): Promise<WaylayError> {
  const raw = await text(answer).catch(() => '')
  const asked = { verb: 'create', resource: 'pods/portforward', namespace, name: pod } as const
  return toRefusal(answer.statusCode ?? 0, parseStatus(raw), asked)
}

function parseStatus (raw: string): ApiStatus {
  try {
    return JSON.parse(raw) as ApiStatus
  } catch {
    return { message: raw.trim() }
  }
}

class PortForwardStream extends Duplex {
  readonly #socket: WebSocket
  readonly #pod: string
  /** Channels whose first message, the port number, has passed. */
  readonly #begun = new Set<number>()

  constructor (socket: WebSocket, pod: string) {
    super({ readableHighWaterMark: MAX_MESSAGE_BYTES, writableHighWaterMark: MAX_MESSAGE_BYTES })
    this.#socket = socket
    this.#pod = pod
    socket.on('message', (data: RawData) => { this.#receive(data as Buffer) })
    socket.on('error', error => { this.destroy(error) })
    socket.on('close', code => {
      if (code === 1000) this.push(null)
      else this.destroy(this.#failure(`the connection broke (WebSocket ${code})`))
    })
  }

  #receive (message: Buffer): void {
    const channel = message[0] ?? DATA_CHANNEL
    if (!this.#begun.has(channel)) {
      this.#begun.add(channel)
      return
    }
    if (channel === ERROR_CHANNEL) {
      const reason = message.toString('utf8', 1).trim()
      if (reason !== '') this.destroy(this.#failure(reason))
      return
    }
    if (message.length > 1 && !this.push(message.subarray(1))) this.#socket.pause()
  }

  #failure (reason: string): WaylayError {
    return new WaylayError('WAYLAY_TUNNEL_FAILED', `The port-forward to pod "${this.#pod}" failed: ${reason}`)
  }

  override _read (): void {
    this.#socket.resume()
  }

  override _write (chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#send([chunk], done)
  }

  override _writev (chunks: { readonly chunk: Buffer }[], done: (error?: Error | null) => void): void {
    this.#send(chunks.map(({ chunk }) => chunk), done)
  }

  /** Packs what waits into as few messages as the limit allows: small messages halve the throughput. */
  #send (chunks: readonly Buffer[], done: (error?: Error | null) => void): void {
    const all = chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks)
    for (let from = 0; from < all.length; from += MAX_PAYLOAD_BYTES) {
      const part = all.subarray(from, from + MAX_PAYLOAD_BYTES)
      const message = Buffer.allocUnsafe(part.length + 1)
      message[0] = DATA_CHANNEL
      part.copy(message, 1)
      const isLast = from + MAX_PAYLOAD_BYTES >= all.length
      this.#socket.send(message, { binary: true }, isLast ? done : undefined)
    }
    if (all.length === 0) done()
  }

  override _final (done: () => void): void {
    this.#socket.close(1000)
    done()
  }

  override _destroy (error: Error | null, done: (error: Error | null) => void): void {
    this.#socket.terminate()
    done(error)
  }
}
