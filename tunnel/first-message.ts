import type { Duplex } from 'node:stream'
import { WaylayError } from '../common/errors.ts'
import { MAX_HEAD_BYTES } from './constants.ts'
import { toSessionError } from './errors.ts'
import { MessageReader } from './length-prefix.ts'

/**
 * Waits for the message with which a stream begins. The stream is paused afterwards; `rest` are the bytes that came
 * right behind it and belong before everything the stream yields.
 *
 * @param parse what may throw a `ProtocolViolation`
 * @throws {WaylayError} `WAYLAY_TUNNEL_PROTOCOL` no message of ours; `WAYLAY_TUNNEL_FAILED` the stream ended before it
 */
export async function readFirstMessage<Message> (
  stream: Duplex, parse: (value: unknown) => Message
): Promise<{ readonly message: Message, readonly rest: Buffer }> {
  const reader = new MessageReader(MAX_HEAD_BYTES)
  return await new Promise((resolve, reject) => {
    const onData = (chunk: Buffer): void => {
      try {
        reader.add(chunk)
        const next = reader.next()
        if (next === undefined) return
        const message = parse(next.message)
        stop()
        stream.pause()
        resolve({ message, rest: reader.takeRest() })
      } catch (error) {
        stop()
        reject(toSessionError(error))
      }
    }
    const onGone = (): void => {
      stop()
      reject(new WaylayError('WAYLAY_TUNNEL_FAILED', 'The stream ended before its head', { cause: stream.errored }))
    }
    const stop = (): void => {
      stream.off('data', onData).off('end', onGone).off('close', onGone)
    }
    stream.on('data', onData).on('end', onGone).on('close', onGone)
  })
}
