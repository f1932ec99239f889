import type { Socket } from 'node:net'

/** How long is read and dropped after our FIN. */
const LINGER_MS = 1000
/** A peer that takes none of the bytes before the FIN for this long will never take them. */
const STALLED_MS = 30_000

/**
 * Ends a connection that nobody listens to any more: FIN first, then what still arrives is read and dropped for a
 * moment, then close. A close with unread bytes would send a reset that may destroy an answer on its way (RFC 9112,
 * 9.6), and a worker of the app that waits on the connection is free with the FIN. What was written before goes out
 * first, however slowly the peer reads.
 */
export function lingerAndClose (socket: Socket): void {
  const destroy = (): void => {
    socket.destroy()
  }
  let timer: NodeJS.Timeout | undefined
  const linger = (): void => {
    timer = setTimeout(destroy, LINGER_MS)
  }
  socket.on('error', destroy)
  socket.on('end', () => socket.destroySoon())
  socket.on('close', () => clearTimeout(timer))
  socket.setTimeout(STALLED_MS, destroy)
  socket.resume()
  if (socket.destroyed) return
  if (socket.writableFinished) linger()
  else socket.once('finish', linger)
  socket.end()
  if (socket.readableEnded) socket.destroySoon()
}
