import { createServer, type Server, type Socket } from 'node:net'
import { WaylayError } from '../../common/errors.ts'

/** Connections of one port at once; a browser opens some hundred. */
const MAX_CONNECTIONS = 1024
const ADDRESS = '127.0.0.1'
const REACH_HINT = 'Choose one from 1024 up: --reach <host>:<port>=<port of this machine>'

/** A port of this machine that leads somewhere. */
export type Entry = {
  readonly port: number
  /** Closes the port and every connection of it. */
  stop (): void
}

/**
 * Listens on a port of 127.0.0.1: nobody else on the network is to use this developer's rights.
 *
 * @param flag for messages: `--socks 1080`
 * @param onConnection gets each connection, paused. Errors of it are heard already.
 * @param hint what to type where this user may not listen there
 * @throws {WaylayError} `WAYLAY_PORT_IN_USE`; `WAYLAY_USAGE` where this user may not listen on it
 */
export async function listenEntry (
  port: number, flag: string, onConnection: (socket: Socket) => void, hint = REACH_HINT
): Promise<Entry> {
  const sockets = new Set<Socket>()
  const server = createServer({ allowHalfOpen: true, noDelay: true, pauseOnConnect: true }, socket => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => {})
    onConnection(socket)
  })
  server.maxConnections = MAX_CONNECTIONS
  await listen(server, port, flag, hint)
  return {
    port: addressPort(server),
    stop: () => {
      server.close()
      for (const socket of sockets) socket.destroy()
    }
  }
}

async function listen (server: Server, port: number, flag: string, hint: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  server.once('error', (error: NodeJS.ErrnoException) => { reject(toFailure(error, port, flag, hint)) })
  server.listen({ host: ADDRESS, port }, resolve)
  await promise
  // Out of descriptors and the like: one connection is lost, the port stays.
  server.on('error', () => {})
}

function toFailure (error: NodeJS.ErrnoException, port: number, flag: string, hint: string): WaylayError {
  if (error.code === 'EACCES') {
    return new WaylayError('WAYLAY_USAGE', `You may not listen on port ${port} of this machine (${flag})`,
      { cause: error, hint })
  }
  return new WaylayError('WAYLAY_PORT_IN_USE', `Cannot listen on ${ADDRESS}:${port} (${flag}): ${error.code ?? error.message}`, { cause: error })
}

function addressPort (server: Server): number {
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}
