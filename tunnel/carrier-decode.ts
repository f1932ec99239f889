import { CARRIER_HEADER_BYTES, CARRIER_TYPE, decodeAck, decodeOpen, type OpenFrame } from './carrier-frame.ts'
import { CARRIER_LIMIT_BYTES, CARRIER_SMALL_LIMIT_BYTES } from './constants.ts'
import { ProtocolViolation } from './errors.ts'

export type CarrierEvents = {
  readonly onOpen: (open: OpenFrame) => void
  /** A piece of a data frame, as it came: a view of the chunk that was pushed, never a copy, never empty. */
  readonly onData: (bytes: Buffer) => void
  readonly onAck: (bytesReceived: number) => void
  readonly onPing: (payload: Buffer) => void
  readonly onPong: (payload: Buffer) => void
}

/** Takes a carrier's bytes in pieces of any size. Keeps at most one small frame; data goes through at once. */
export class CarrierDecoder {
  readonly #events: CarrierEvents
  readonly #header = Buffer.alloc(CARRIER_HEADER_BYTES)
  readonly #small = Buffer.alloc(CARRIER_SMALL_LIMIT_BYTES)
  #headerBytes = 0
  #smallBytes = 0
  #remainingBytes = 0

  constructor (events: CarrierEvents) {
    this.#events = events
  }

  /** @throws {ProtocolViolation} unknown type, or longer than allowed; the decoder is of no use afterwards */
  push (chunk: Buffer): void {
    let offset = 0
    while (offset < chunk.length) {
      offset = this.#headerBytes < CARRIER_HEADER_BYTES
        ? this.#readHeader(chunk, offset)
        : this.#readPayload(chunk, offset)
    }
  }

  #readHeader (chunk: Buffer, offset: number): number {
    const end = Math.min(chunk.length, offset + CARRIER_HEADER_BYTES - this.#headerBytes)
    while (offset < end) this.#header[this.#headerBytes++] = chunk[offset++] ?? 0
    if (this.#headerBytes === CARRIER_HEADER_BYTES) this.#startPayload()
    return offset
  }

  #startPayload (): void {
    const type = this.#header.readUInt8(0)
    const length = this.#header.readUIntBE(1, 3)
    if (type > CARRIER_TYPE.pong) throw new ProtocolViolation(`Unknown carrier frame type ${type}`)
    const limit = type === CARRIER_TYPE.data ? CARRIER_LIMIT_BYTES : CARRIER_SMALL_LIMIT_BYTES
    if (length > limit) {
      throw new ProtocolViolation(`Carrier frame of type ${type} with ${length} bytes, at most ${limit} are allowed`)
    }
    this.#remainingBytes = length
    this.#smallBytes = 0
    if (length === 0) this.#endFrame(type)
  }

  #readPayload (chunk: Buffer, offset: number): number {
    const type = this.#header.readUInt8(0)
    const end = Math.min(chunk.length, offset + this.#remainingBytes)
    this.#remainingBytes -= end - offset
    if (type === CARRIER_TYPE.data) {
      if (this.#remainingBytes === 0) this.#headerBytes = 0
      this.#events.onData(chunk.subarray(offset, end))
      return end
    }
    this.#smallBytes += chunk.copy(this.#small, this.#smallBytes, offset, end)
    if (this.#remainingBytes === 0) this.#endFrame(type)
    return end
  }

  #endFrame (type: number): void {
    this.#headerBytes = 0
    const payload = this.#small.subarray(0, this.#smallBytes)
    if (type === CARRIER_TYPE.open) this.#events.onOpen(decodeOpen(payload))
    else if (type === CARRIER_TYPE.ack) this.#events.onAck(decodeAck(payload))
    // Copied: the small buffer is used again for the next frame.
    else if (type === CARRIER_TYPE.ping) this.#events.onPing(Buffer.from(payload))
    else if (type === CARRIER_TYPE.pong) this.#events.onPong(Buffer.from(payload))
  }
}
