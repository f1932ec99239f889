import type { Duplex } from 'node:stream'
import { toWaylayError, WaylayError } from '../../../common/errors.ts'
import { splice } from '../../../tunnel/splice.ts'
import { encodeStreamReply, readStreamHead } from '../../../tunnel/stream-head.ts'
import { observe } from './observe.ts'
import type { StreamWatch } from './stream-watch.ts'
import type { Developer } from './developer.ts'

/**
 * Serves one stream that a proxy opened: a connection to the developer's program of its own, for as long as the
 * caller's connection uses it. Never rejects: a program that refuses is told to the proxy, which tells the caller.
 *
 * @param developerOf who gets the requests of the Intercept of that name; undefined once it has left the session.
 * @param pod name of the pod that opened it.
 */
export async function deliverStream (
  stream: Duplex, developerOf: (intercept: string) => Developer | undefined, pod: string
): Promise<void> {
  try {
    const { head, rest } = await readStreamHead(stream)
    const developer = developerOf(head.intercept)
    await connectStream(stream, rest, developer, developer?.watch?.(head, pod))
  } catch (error) {
    // Gone before its head, or no head of ours: nobody is left to tell.
    stream.destroy(toWaylayError(error))
  }
}

async function connectStream (
  stream: Duplex, rest: Buffer, developer: Developer | undefined, watch: StreamWatch | undefined
): Promise<void> {
  let socket
  watch?.toProgram(rest)
  try {
    if (developer === undefined) throw new WaylayError('WAYLAY_DEVELOPER_GONE', 'The developer has ended this intercept')
    socket = await developer.dial()
  } catch (error) {
    const { code, message } = toWaylayError(error)
    watch?.closed('refused', message)
    stream.end(encodeStreamReply({ ok: false, code, message }))
    // The caller's bytes are nobody's now, but unread they would keep the stream from closing.
    stream.resume()
    return
  }
  if (stream.destroyed) {
    watch?.closed('caller')
    socket.resetAndDestroy()
    return
  }
  stream.write(encodeStreamReply({ ok: true }))
  if (rest.length > 0) socket.write(rest)
  watch?.connected()
  splice(stream, socket)
  if (watch !== undefined) observe(stream, socket, watch)
}
