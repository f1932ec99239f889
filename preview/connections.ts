import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Http2SecureServer, Http2ServerResponse } from 'node:http2'
import type { Duplex } from 'node:stream'
import type { Socket } from 'node:net'

type Connection = { readonly socket: Socket, requests: number }

/**
 * Keeps room for visitors: one connection too many ends the one that has been without a request for the longest, so
 * that strangers, who are answered at once, hold none against anybody. Where all are busy the new one is refused.
 */
export function keepRoom (server: Server | Http2SecureServer, max: number): void {
  const byPeer = new Map<string, Connection>()
  const idle = new Set<Connection>()
  server.on('connection', (socket: Socket) => {
    const connection = { socket, requests: 0 }
    const [oldest = connection] = idle
    if (byPeer.size >= max) end(oldest)
    if (socket.destroyed) return
    const peer = peerOf(socket)
    byPeer.set(peer, connection)
    idle.add(connection)
    socket.once('close', () => end(connection, peer))
  })
  const end = (connection: Connection, peer = peerOf(connection.socket)): void => {
    if (byPeer.get(peer) === connection) byPeer.delete(peer)
    idle.delete(connection)
    connection.socket.destroy()
  }
  const begin = (socket: Duplex): Connection | undefined => {
    const connection = byPeer.get(peerOf(socket as Socket))
    if (connection === undefined) return undefined
    connection.requests++
    idle.delete(connection)
    return connection
  }
  server.on('request', ({ socket }: IncomingMessage, res: ServerResponse | Http2ServerResponse) => {
    const connection = begin(socket)
    res.once('close', () => {
      if (connection === undefined) return
      connection.requests--
      if (connection.requests === 0 && !connection.socket.destroyed) idle.add(connection)
    })
  })
  // Busy until it closes.
  server.on('upgrade', (_req: IncomingMessage, socket: Duplex) => { begin(socket) })
}

// The socket of TLS and the one below it are two objects with the same peer.
function peerOf ({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`
}
