import { createHash } from 'node:crypto'
import { ServerResponse, type IncomingMessage, type OutgoingHttpHeaders, type Server } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'

const VERSION = '13'
/** RFC 6455, 1.3. */
const ACCEPT_SUFFIX = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'
/** 16 bytes in base64. */
const KEY = /^[+/\dA-Za-z]{22}==$/

/** Whether a request asks for a WebSocket as RFC 6455, 4.2.1 says. */
export function isHandshake (req: IncomingMessage): boolean {
  return asksForWebSocket(req) && refusalOf(req) === undefined
}

/** What one gets that asks for a WebSocket in a way that we do not know. */
export function refusalOf (req: IncomingMessage): { status: number, headers: OutgoingHttpHeaders } | undefined {
  if (!asksForWebSocket(req)) return undefined
  if (req.headers['sec-websocket-version'] !== VERSION) return { status: 426, headers: UPGRADE_REQUIRED }
  return KEY.test(req.headers['sec-websocket-key'] ?? '') ? undefined : { status: 400, headers: {} }
}

/** The head that accepts a handshake. */
export function acceptanceOf (req: IncomingMessage): string {
  const accept = createHash('sha1').update(req.headers['sec-websocket-key'] + ACCEPT_SUFFIX).digest('base64')
  return 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
    `Sec-WebSocket-Accept: ${accept}\r\n\r\n`
}

/** Any server may ignore an upgrade (RFC 9110, 7.8); Node's of all versions that we run on leave that to us. */
export function answerAsRequest (server: Server, req: IncomingMessage, socket: Duplex): void {
  const res = new ServerResponse(req)
  socket.on('error', () => socket.destroy())
  res.assignSocket(socket as Socket)
  // Node reads nothing more of it, so neither a body nor another request.
  socket.resume()
  res.shouldKeepAlive = false
  res.on('finish', () => (socket as Socket).destroySoon())
  server.emit('request', req, res)
}

function asksForWebSocket ({ method, url, headers }: IncomingMessage): boolean {
  return method === 'GET' && url === '/live' && headers.upgrade?.toLowerCase() === 'websocket'
}

const UPGRADE_REQUIRED = { connection: 'Upgrade, close', upgrade: 'websocket', 'sec-websocket-version': VERSION }
