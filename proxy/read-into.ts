import { Socket } from 'node:net'

/** Called with the number of bytes that were read into the buffer. Returning false stops reading until `resume`. */
export type OnRead = (length: number, buffer: Buffer) => boolean

/**
 * Makes a socket read into buffers of ours instead of new ones, without stream events for each read. Node offers this
 * for sockets that are made with `onread`; accepted ones are made by Node itself, so this sets on any socket what that
 * option sets (Node, lib/net.js: Socket; lib/internal/stream_base_commons.js: onStreamRead). The socket must not have
 * begun to read; a paused one begins with `resume`. Its end is told by `end` as ever.
 *
 * @param nextBuffer asked after each read for the buffer of the next one. It is bound to the socket then, so a buffer
 *   that was once given must stay usable; one may serve all sockets, since none looks at it after its callback.
 */
export function readInto (socket: Socket, nextBuffer: () => Buffer, onRead: OnRead): void {
  const inner = socket as unknown as Record<symbol, unknown> & { readonly _handle: Handle | null }
  const first = nextBuffer()
  inner[BUFFER] = first
  inner[BUFFER_CALLBACK] = onRead
  inner[BUFFER_GENERATOR] = nextBuffer
  // A socket without a handle gets one when it connects, and Node binds the buffer then.
  inner._handle?.useUserBuffer(first)
}

type Handle = { useUserBuffer (buffer: Buffer): void }

const [BUFFER, BUFFER_CALLBACK, BUFFER_GENERATOR] = findSymbols(['kBuffer', 'kBufferCb', 'kBufferGen'] as const)

function findSymbols<Names extends readonly string[]> (names: Names): { [Index in keyof Names]: symbol } {
  const symbols = Object.getOwnPropertySymbols(new Socket())
  return names.map(name => {
    const found = symbols.find(symbol => symbol.description === name)
    if (found === undefined) throw new Error(`Node ${process.version} has no ${name} on sockets: use the pinned version`)
    return found
  }) as { [Index in keyof Names]: symbol }
}
