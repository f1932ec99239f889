import { once } from 'node:events'
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { TLSSocket } from 'node:tls'
import type { ExecutionContext } from 'ava'
import { WebSocketServer } from 'ws'
import { makeCertificate, type PemPair } from './certificate.ts'

/** What one request said about who sent it. */
export type Seen = {
  readonly url: string
  readonly headers: IncomingHttpHeaders
  /** Every line of the head, because repeated ones count. */
  readonly rawHeaders: readonly string[]
  /** Common name of the client certificate. */
  readonly certificate: string | undefined
  readonly serverName: string | undefined
}

export type TlsApiServer = {
  readonly port: number
  readonly url: string
  readonly pair: PemPair
  readonly seen: Seen[]
  /** Answers 401 to requests of which this is true. */
  refuses: (seen: Seen) => boolean
}

/** NOT Kubernetes, but real TLS: answers every request and port-forward, and remembers who asked. */
export async function startTlsApiServer (
  t: ExecutionContext, names: readonly string[] = ['127.0.0.1'], host = '127.0.0.1'
): Promise<TlsApiServer> {
  const pair = await makeCertificate('api', ...names)
  const server = createServer({
    cert: pair.certificate, key: pair.key, requestCert: true, rejectUnauthorized: false
  })
  const seen: Seen[] = []
  const api: TlsApiServer = { port: 0, url: '', pair, seen, refuses: () => false }
  const judge = (request: IncomingMessage): boolean => {
    const one = look(request)
    seen.push(one)
    return api.refuses(one)
  }
  server.on('request', (request, response) => {
    request.resume()
    const status = judge(request) ? 401 : 200
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ gitVersion: 'v1.34.4' }))
  })
  const sockets = new WebSocketServer({ noServer: true, handleProtocols: offered => [...offered][0] ?? false })
  server.on('upgrade', (request, socket, head) => {
    socket.on('error', () => {})
    if (judge(request)) return void socket.end('HTTP/1.1 401 Unauthorized\r\nconnection: close\r\ncontent-length: 0\r\n\r\n')
    sockets.handleUpgrade(request, socket, head, pod => {
      for (const channel of [0, 1]) pod.send(Buffer.from([channel, 0x1c, 0x3e]))
      pod.on('message', data => { pod.send(data) })
      pod.on('error', () => {})
    })
  })
  server.listen(0, host)
  await once(server, 'listening')
  t.teardown(() => { close(server) })
  const { port } = server.address() as AddressInfo
  return Object.assign(api, { port, url: `https://${host.includes(':') ? `[${host}]` : host}:${port}` })
}

function look (request: IncomingMessage): Seen {
  const socket = request.socket as TLSSocket & { readonly servername?: string | false }
  const { subject } = socket.getPeerCertificate()
  return {
    url: request.url ?? '',
    headers: request.headers,
    rawHeaders: request.rawHeaders,
    certificate: (subject as { readonly CN?: string } | undefined)?.CN,
    serverName: socket.servername || undefined
  }
}

function close (server: Server): void {
  server.closeAllConnections()
  server.close()
}
