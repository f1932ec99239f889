import type { Duplex } from 'node:stream'
import type { WaylayError } from '../common/errors.ts'
import { MAX_CONTROL_BYTES } from './constants.ts'
import type { ControlMessage, FromCli, FromProxy } from './control-messages.ts'
import { parseFromCli, parseFromProxy } from './control-parse.ts'
import { toSessionError } from './errors.ts'
import { encodeMessage, MessageReader } from './length-prefix.ts'

export type ControlOptions<In> = {
  readonly onMessage: (message: In) => void
  /** The other side sent something that is no message of ours; the stream is destroyed. Once, and the last call. */
  readonly onError: (error: WaylayError) => void
  /** A well-formed message of a type this version does not know. Ignored when not given. */
  readonly onUnknown?: (message: unknown) => void
}

export type Control<Out> = {
  /** False: the carrier is behind; what is sent now waits in memory. Dropped once the stream is gone. */
  send (message: Out): boolean
}

/** Stream 1 as the CLI sees it, which opened it. */
export function createCliControl (stream: Duplex, options: ControlOptions<FromProxy>): Control<FromCli> {
  return createControl(stream, parseFromProxy, options)
}

/** Stream 1 as the proxy sees it. */
export function createProxyControl (stream: Duplex, options: ControlOptions<FromCli>): Control<FromProxy> {
  return createControl(stream, parseFromCli, options)
}

/** End and loss of the stream are the stream's own events; only its messages are looked at here. */
function createControl<In, Out extends ControlMessage> (
  stream: Duplex,
  parse: (value: unknown) => In | undefined,
  options: ControlOptions<In>
): Control<Out> {
  const reader = new MessageReader(MAX_CONTROL_BYTES)
  stream.on('data', (chunk: Buffer) => {
    // Node still hands out what it had buffered when the stream was destroyed.
    if (stream.destroyed) return
    try {
      reader.add(chunk)
      for (let next = reader.next(); next !== undefined && !stream.destroyed; next = reader.next()) {
        const message = parse(next.message)
        if (message === undefined) options.onUnknown?.(next.message)
        else options.onMessage(message)
      }
    } catch (error) {
      stream.destroy()
      options.onError(toSessionError(error))
    }
  })
  return {
    send: message => stream.writable && stream.write(encodeMessage(message))
  }
}
