import { ProtocolViolation } from './errors.ts'

const PREFIX_BYTES = 4

/** 4 bytes of length (big endian), then the message as JSON. */
export function encodeMessage (message: object): Buffer {
  const json = JSON.stringify(message)
  const length = Buffer.byteLength(json)
  const bytes = Buffer.allocUnsafe(PREFIX_BYTES + length)
  bytes.writeUInt32BE(length)
  bytes.write(json, PREFIX_BYTES)
  return bytes
}

/**
 * Finds the messages in a byte stream that comes in pieces of any size. Keeps one unfinished message at most, and joins
 * its pieces once: one byte at a time costs no more than time in proportion.
 */
export class MessageReader {
  readonly #limitBytes: number
  #pieces: Buffer[] = []
  #byteLength = 0
  #neededBytes = PREFIX_BYTES

  constructor (limitBytes: number) {
    this.#limitBytes = limitBytes
  }

  add (chunk: Buffer): void {
    this.#pieces.push(chunk)
    this.#byteLength += chunk.length
  }

  /**
   * The next message, once it is complete.
   *
   * @throws {ProtocolViolation} longer than allowed, or no JSON
   */
  next (): { readonly message: unknown } | undefined {
    if (this.#byteLength < this.#neededBytes) return undefined
    const bytes = this.#join()
    const length = bytes.readUInt32BE()
    if (length > this.#limitBytes) {
      throw new ProtocolViolation(`Message of ${length} bytes, at most ${this.#limitBytes} are allowed`)
    }
    const end = PREFIX_BYTES + length
    this.#neededBytes = end
    if (bytes.length < end) return undefined
    this.#neededBytes = PREFIX_BYTES
    this.#pieces = [bytes.subarray(end)]
    this.#byteLength = bytes.length - end
    return { message: parseJson(bytes.toString('utf8', PREFIX_BYTES, end)) }
  }

  /** The bytes after the last message; the reader is empty afterwards. */
  takeRest (): Buffer {
    const rest = this.#join()
    this.#pieces = []
    this.#byteLength = 0
    return rest
  }

  #join (): Buffer {
    const only = this.#pieces.length === 1 ? this.#pieces[0] : undefined
    const bytes = only ?? Buffer.concat(this.#pieces)
    this.#pieces = [bytes]
    return bytes
  }
}

function parseJson (text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new ProtocolViolation('Message is not JSON', { cause })
  }
}
