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

/** Finds the messages in a byte stream that comes in pieces of any size. Keeps one unfinished message at most. */
export class MessageReader {
  readonly #limitBytes: number
  #waiting: Buffer = Buffer.alloc(0)

  constructor (limitBytes: number) {
    this.#limitBytes = limitBytes
  }

  add (chunk: Buffer): void {
    this.#waiting = this.#waiting.length === 0 ? chunk : Buffer.concat([this.#waiting, chunk])
  }

  /**
   * The next message, once it is complete.
   *
   * @throws {ProtocolViolation} longer than allowed, or no JSON
   */
  next (): { readonly message: unknown } | undefined {
    if (this.#waiting.length < PREFIX_BYTES) return undefined
    const length = this.#waiting.readUInt32BE()
    if (length > this.#limitBytes) {
      throw new ProtocolViolation(`Message of ${length} bytes, at most ${this.#limitBytes} are allowed`)
    }
    const end = PREFIX_BYTES + length
    if (this.#waiting.length < end) return undefined
    const message = parseJson(this.#waiting.toString('utf8', PREFIX_BYTES, end))
    this.#waiting = this.#waiting.subarray(end)
    return { message }
  }

  /** The bytes after the last message; the reader is empty afterwards. */
  takeRest (): Buffer {
    const rest = this.#waiting
    this.#waiting = Buffer.alloc(0)
    return rest
  }
}

function parseJson (text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new ProtocolViolation('Message is not JSON', { cause })
  }
}
