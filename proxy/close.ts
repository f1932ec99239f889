import type { Socket } from 'node:net'

const LINGER_MS = 1000

/**
 * Ends a connection that nobody listens to any more: FIN first, then what still arrives is read and dropped for a
 * moment, then close. A close with unread bytes would send a reset that may destroy an answer on its way (RFC 9112,
 * 9.6), and a worker of the app that waits on the connection is free with the FIN.
 */
export function lingerAndClose (socket: Socket): void {
  const destroy = (): void => {
    socket.destroy()
  }
  socket.on('error', destroy)
  socket.on('end', destroy)
  socket.resume()
  socket.end()
  if (socket.readableEnded) socket.destroySoon()
  const timer = setTimeout(destroy, LINGER_MS)
  socket.on('close', () => clearTimeout(timer))
}
