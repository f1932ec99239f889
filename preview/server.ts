import { createServer as createPlainServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createSecureServer, type Http2SecureServer } from 'node:http2'
import type { Duplex } from 'node:stream'
import { keepRoom, type Hold } from './connections.ts'
import type { Handler } from './handler.ts'
import { writePage } from './pages.ts'
import { endWith, isWebSocket } from './upgrade.ts'

/** A certificate and its key, PEM. */
export type Pair = { readonly certificate: string, readonly key: string }

const KIB = 1024
/** More than there are places for requests, so that there is always one to end. */
const MAX_CONNECTIONS = 2000
const LIMITS = {
  maxHeaderSize: 16 * KIB,
  // Whoever sends a head byte by byte is dropped; a body may take its time, as uploads do.
  headersTimeout: 10_000,
  requestTimeout: 0,
  keepAliveTimeout: 60_000,
  connectionsCheckingInterval: 5_000,
  // A visitor whose machine sleeps says no goodbye.
  keepAlive: true,
  keepAliveInitialDelay: 60_000,
  shouldUpgradeCallback: isWebSocket
}
const HTTP2_LIMITS = {
  allowHTTP1: true,
  handshakeTimeout: 10_000,
  // MB. What waits for a visitor who reads slowly: 64 KiB for each of their streams, or a page is shown in parts.
  maxSessionMemory: 10,
  // Browsers send each cookie in a line of its own; the bytes of all are bounded below.
  maxHeaderListPairs: 500,
  settings: { maxConcurrentStreams: 100, maxHeaderListSize: 16 * KIB },
  minVersion: 'TLSv1.2'
} as const
/**
 * Ingresses keep connections for 60 s (nginx, AWS), 90 s (Traefik), 600 s (Google) and send the next request on one of
 * them: whoever waits longer than they do never closes one under a request.
 */
const INGRESS_IDLE_MS = 620_000
/** Without a stream for this long. */
const IDLE_SESSION_MS = 120_000

/** HTTP/2 and HTTP/1.1 over TLS. Serves with the given pair until another is set with `setSecureContext`. */
export function createSecureGateway (
  handler: Handler, { certificate, key }: Pair, maxConnections = MAX_CONNECTIONS
): Http2SecureServer {
  const server = createSecureServer({ ...LIMITS, ...HTTP2_LIMITS, cert: certificate, key })
  server.on('session', session => {
    session.setTimeout(IDLE_SESSION_MS, () => { session.close() })
  })
  const hold = keepRoom(server, maxConnections)
  server.on('request', (req, res) => { void handler.onRequest(req, res, hold) })
  limit(server, handler, hold)
  return server
}

/** HTTP/1.1 without TLS, behind an ingress that ends it. */
export function createPlainGateway (handler: Handler, maxConnections = MAX_CONNECTIONS): Server {
  const server = createPlainServer({ ...LIMITS, keepAliveTimeout: INGRESS_IDLE_MS })
  const hold = keepRoom(server, maxConnections)
  server.on('request', (req: IncomingMessage, res: ServerResponse) => { void handler.onRequest(req, res, hold) })
  limit(server, handler, hold)
  return server
}

function limit (server: Server | Http2SecureServer, handler: Handler, hold: Hold): void {
  server.on('upgrade', (req: IncomingMessage, socket: Duplex, head: Buffer) => {
    void handler.onUpgrade(req, socket, head, hold)
  })
  // Of HTTP/1.1 a tunnel to wherever the request says; of HTTP/2 a stream. Neither is served.
  server.on('connect', (_req: IncomingMessage, socketOrResponse: Duplex | ServerResponse) => {
    if ('writeHead' in socketOrResponse) socketOrResponse.writeHead(405).end()
    else endWith(socketOrResponse.on('error', () => {}), writePage('method', ''))
  })
  const answers = new WeakMap<Duplex, ServerResponse>()
  server.on('request', (req: IncomingMessage, res: ServerResponse) => {
    if (req.httpVersionMajor === 1) answers.set(req.socket, res)
  })
  server.on('clientError', (_error: Error, socket: Duplex) => {
    const answer = answers.get(socket)
    // It would be read as bytes of the answer.
    if (answer?.headersSent === true && !answer.writableFinished) socket.destroy()
    else if (socket.writable) socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n')
  })
}
