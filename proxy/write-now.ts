import type { Socket } from 'node:net'
import { getSystemErrorName } from 'node:util'

/** What became of the bytes: the kernel took all; it will take them and `onDone` says when; or it refused. */
export const TAKEN = 0
export const WAITING = 1
export const REFUSED = 2

/** Whether the kernel can be asked directly: what went through the stream before must be gone. */
export function canWriteNow (socket: Socket): boolean {
  return handleOf(socket) !== null && IS_KNOWN && !socket.connecting && socket.writableLength === 0
}

/**
 * Hands bytes to the kernel, past the stream's own bookkeeping: nine of ten writes of ours are taken at once, and cost
 * half of it then. Bytes that wait are in order with everything that the stream writes or ends later, because both use
 * the handle's queue (Node, lib/internal/stream_base_commons.js: handleWriteReq, afterWriteDispatched;
 * src/stream_base.cc: StreamBase::Write).
 *
 * @param bytes must not change before `onDone`, when they wait.
 * @param onDone called when they waited, without an error once the kernel has them; and at once when it refuses.
 */
export function writeNow (socket: Socket, bytes: Buffer, onDone: (error: WriteError | undefined) => void): number {
  const request = spare ?? new stream.WriteWrap()
  // It is bound to the write only where the bytes wait; else it serves again.
  spare = request
  const errno = handleOf(socket)?.writeBuffer(request, bytes) ?? 0
  if (errno !== 0) {
    onDone(writeError(errno))
    return REFUSED
  }
  if (stream.streamBaseState[stream.kLastWriteWasAsync] === 0) return TAKEN
  spare = undefined
  request.buffer = bytes
  request.oncomplete = status => onDone(status < 0 ? writeError(status) : undefined)
  return WAITING
}

export type WriteError = Error & { readonly code: string }

type WriteRequest = { buffer?: Buffer, oncomplete?: (status: number) => void }
type Handle = { writeBuffer (request: WriteRequest, bytes: Buffer): number }
type StreamBinding = {
  readonly WriteWrap: new () => WriteRequest
  readonly kLastWriteWasAsync: number
  readonly streamBaseState: Int32Array
}

let spare: WriteRequest | undefined
// Nothing else tells whether the kernel took a write; the Node version is pinned in the image.
// eslint-disable-next-line n/no-deprecated-api
const stream = (process as unknown as { binding (name: 'stream_wrap'): StreamBinding }).binding('stream_wrap')
const IS_KNOWN = typeof stream.WriteWrap === 'function' && stream.streamBaseState?.[stream.kLastWriteWasAsync] === 0

function handleOf (socket: Socket): Handle | null {
  return (socket as unknown as { readonly _handle: Handle | null })._handle
}

function writeError (errno: number): WriteError {
  const code = getSystemErrorName(errno)
  return Object.assign(new Error(`write ${code}`), { errno, code, syscall: 'write' })
}
