import type { Duplex } from 'node:stream'
import { Socket } from 'node:net'

/**
 * Copies bytes both ways until both sides are done: backpressure, half-close and resets travel through. Takes both
 * streams over; nobody else may listen to them any more.
 */
export function splice (a: Duplex, b: Duplex): void {
  copy(a, b)
  copy(b, a)
}

/** Ends a stream the hard way: what the other side of a TCP connection sees is a reset. */
export function reset (stream: Duplex): void {
  if (!(stream instanceof Socket)) stream.destroy(new Error('reset'))
  // Node would wait for the connection first, and send what was written: to an app for a caller who is gone.
  else if (stream.connecting || isShuttingDown(stream)) stream.destroy()
  else stream.resetAndDestroy()
}

// Between `end()` and the FIN libuv refuses the reset, and Node forgets the descriptor open.
function isShuttingDown (socket: Socket): boolean {
  return socket.writableEnded && !socket.writableFinished && socket.writableLength === 0
}

function copy (from: Duplex, to: Duplex): void {
  from.on('data', (bytes: Buffer) => {
    if (!to.write(bytes)) from.pause()
  })
  to.on('drain', () => from.resume())
  from.on('end', () => to.end())
  from.on('error', () => reset(to))
  // A close without an end is a reset or a destroy: the other side must not wait for more.
  from.on('close', () => {
    if (!from.readableEnded) reset(to)
  })
  if (from.readableEnded) to.end()
  // Its close may be over already, and nothing would tell the other side.
  else if (from.destroyed) reset(to)
  from.resume()
}
