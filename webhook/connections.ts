import type { IncomingMessage, Server as HttpServer, ServerResponse } from 'node:http'
import type { Server } from 'node:https'
import type { Socket } from 'node:net'

type Connection = { readonly socket: Socket, requests: number }

/**
 * Keeps at most so many connections. A new one too many takes the place of the one that has had no answer for the
 * longest: whoever only holds connections, or sends a head byte by byte, cannot keep the API server out.
 */
export function limitConnections (server: Server | HttpServer, max: number): void {
  // In order of the last answer, or of the beginning.
  const connections = new Map<string, Connection>()
  server.on('connection', (socket: Socket) => {
    const name = nameOf(socket)
    if (connections.size >= max) dropIdle(connections)
    connections.set(name, { socket, requests: 0 })
    socket.on('close', () => { if (connections.get(name)?.socket === socket) connections.delete(name) })
  })
  server.on('request', (req: IncomingMessage, res: ServerResponse) => {
    const name = nameOf(req.socket)
    const connection = connections.get(name)
    if (connection === undefined) return
    connection.requests += 1
    res.on('close', () => {
      connection.requests -= 1
      if (!connections.delete(name)) return
      connections.set(name, connection)
    })
  })
}

function dropIdle (connections: Map<string, Connection>): void {
  for (const [name, { socket, requests }] of connections) {
    if (requests > 0) continue
    connections.delete(name)
    socket.destroy()
    return
  }
}

// The socket of TLS and the one below it are two objects with the same peer.
function nameOf ({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`
}
