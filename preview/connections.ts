import type { Server } from 'node:http'
import type { Http2SecureServer } from 'node:http2'
import type { Duplex } from 'node:stream'
import type { Socket } from 'node:net'

type Connection = { readonly socket: Socket, holds: number }

/** Says that a socket's connection is busy, until the function given back is called, once. */
export type Hold = (socket: Duplex) => () => void

/**
 * Keeps room for visitors: one connection too many ends the one that has been without a hold for the longest. Nothing
 * else makes a connection busy: a stranger can make any request last by not reading its answer. Where all are busy the
 * new one is refused.
 */
export function keepRoom (server: Server | Http2SecureServer, max: number): Hold {
  const byPeer = new Map<string, Connection>()
  const idle = new Set<Connection>()
  server.on('connection', (socket: Socket) => {
    const connection = { socket, holds: 0 }
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
  return socket => {
    const connection = byPeer.get(peerOf(socket as Socket))
    if (connection === undefined) return () => {}
    connection.holds++
    idle.delete(connection)
    return () => {
      connection.holds--
      if (connection.holds === 0 && !connection.socket.destroyed) idle.add(connection)
    }
  }
}

// The socket of TLS and the one below it are two objects with the same peer.
function peerOf ({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`
}
