import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'

/**
 * Copies bytes between a stream of the tunnel and a socket until both directions have ended. Backpressure, half-close
 * and resets are handed on both ways; there is no timeout: the developer may stand at a breakpoint.
 */
export function join (stream: Duplex, socket: Socket): void {
  stream.pipe(socket)
  socket.pipe(stream)
  stream.on('error', () => { socket.resetAndDestroy() })
  socket.on('error', () => { stream.destroy(new Error('The developer\'s program reset the connection')) })
  // A close before both ends is a reset that came without an error.
  stream.on('close', () => { if (!isDone(stream)) socket.resetAndDestroy() })
  socket.on('close', () => { if (!isDone(socket)) stream.destroy(new Error('The developer\'s program closed the connection')) })
}

function isDone (stream: Duplex): boolean {
  return stream.readableEnded && stream.writableFinished
}
