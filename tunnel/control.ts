import type { Duplex } from 'node:stream'
import type { WaylayError } from '../common/errors.ts'
import { MAX_CONTROL_BYTES } from './constants.ts'
import type { ControlMessage, FromCli, FromProxy } from './control-messages.ts'
import { parseFromCli, parseFromProxy } from './control-parse.ts'
import { toSessionError } from './errors.ts'
import { encodeMessage, MessageReader } from './length-prefix.ts'

const EVENT_DELAY_MS = 20
const BATCH_BYTES = 16 * 1024
/** What may wait for a peer that does not read: past it events are dropped, and nothing more is asked of us. */
const MAX_WAITING_BYTES = 256 * 1024

export type ControlOptions<In> = {
  readonly onMessage: (message: In) => void
  /** The other side sent something that is no message of ours; the stream is destroyed. Once, and the last call. */
  readonly onError: (error: WaylayError) => void
  /** A well-formed message of a type this version does not know. Ignored when not given. */
  readonly onUnknown?: (message: unknown) => void
}

export type Control<Out> = {
  /**
   * False: the carrier is behind; what is sent now waits in memory. Dropped once the stream is gone. An event, which
   * nobody waits for, goes with others up to 20 ms later, before any message that is sent meanwhile; it is
   * dropped while 256 KiB wait.
   */
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
    if (stream.writableLength > MAX_WAITING_BYTES) stream.pause()
  })
  stream.on('drain', () => { stream.resume() })
  const events = new Batch(bytes => { if (stream.writable) stream.write(bytes) })
  stream.once('close', () => { events.clear() })
  return {
    send: message => {
      const bytes = encodeMessage(message)
      if (message.type === 'event') {
        if (stream.writable && stream.writableLength <= MAX_WAITING_BYTES) events.add(bytes)
      } else {
        events.flush()
        if (stream.writable) stream.write(bytes)
      }
      return stream.writable && !stream.writableNeedDrain
    }
  }
}

/** A message of its own for each request's event wakes every process on the way once more: half of what they all do. */
class Batch {
  readonly #write: (bytes: Buffer) => void
  #waiting: Buffer[] = []
  #bytes = 0
  #timer: NodeJS.Timeout | undefined

  constructor (write: (bytes: Buffer) => void) {
    this.#write = write
  }

  add (bytes: Buffer): void {
    this.#waiting.push(bytes)
    this.#bytes += bytes.length
    if (this.#bytes >= BATCH_BYTES) this.flush()
    else this.#timer ??= setTimeout(() => { this.flush() }, EVENT_DELAY_MS)
  }

  flush (): void {
    const waiting = this.#waiting
    this.clear()
    if (waiting.length > 0) this.#write(Buffer.concat(waiting))
  }

  clear (): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#waiting = []
    this.#bytes = 0
  }
}
