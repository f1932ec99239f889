import { ProtocolViolation } from './errors.ts'
import { FRAME_HEADER_BYTES, FRAME_TYPE, YAMUX_VERSION, type FrameHeader, type FrameType } from './frame.ts'

export type FrameEvents = {
  /** A header is complete. A data frame's payload follows by `onPayload`. */
  readonly onHeader: (header: FrameHeader) => void
  /** A piece of the last header's payload, as it came: a view, never a copy, never empty. */
  readonly onPayload: (bytes: Buffer) => void
  /** The last header's payload is complete (for a payload of none, right after the header). */
  readonly onEnd: () => void
}

/** Takes yamux bytes in pieces of any size. Keeps at most 12 of them: payload goes through as it comes. */
export class FrameDecoder {
  readonly #events: FrameEvents
  readonly #header = Buffer.alloc(FRAME_HEADER_BYTES)
  #headerBytes = 0
  #remainingBytes = 0

  constructor (events: FrameEvents) {
    this.#events = events
  }

  /** @throws {ProtocolViolation} unknown version or type; the decoder is of no use afterwards */
  push (chunk: Buffer): void {
    let offset = 0
    while (offset < chunk.length) {
      if (this.#remainingBytes > 0) offset = this.#readPayload(chunk, offset)
      else if (this.#headerBytes === 0 && chunk.length - offset >= FRAME_HEADER_BYTES) {
        this.#startFrame(chunk, offset)
        offset += FRAME_HEADER_BYTES
      } else offset = this.#collectHeader(chunk, offset)
    }
  }

  #collectHeader (chunk: Buffer, offset: number): number {
    const copied = chunk.copy(this.#header, this.#headerBytes, offset)
    this.#headerBytes += copied
    if (this.#headerBytes === FRAME_HEADER_BYTES) {
      this.#headerBytes = 0
      this.#startFrame(this.#header, 0)
    }
    return offset + copied
  }

  #startFrame (source: Buffer, at: number): void {
    const version = source.readUInt8(at)
    if (version !== YAMUX_VERSION) throw new ProtocolViolation(`Yamux version ${version}, expected ${YAMUX_VERSION}`)
    const type = source.readUInt8(at + 1)
    if (!isFrameType(type)) throw new ProtocolViolation(`Unknown yamux frame type ${type}`)
    const length = source.readUInt32BE(at + 8)
    this.#remainingBytes = type === FRAME_TYPE.data ? length : 0
    this.#events.onHeader({ type, flags: source.readUInt16BE(at + 2), streamId: source.readUInt32BE(at + 4), length })
    if (this.#remainingBytes === 0) this.#events.onEnd()
  }

  #readPayload (chunk: Buffer, offset: number): number {
    const end = Math.min(chunk.length, offset + this.#remainingBytes)
    this.#remainingBytes -= end - offset
    this.#events.onPayload(chunk.subarray(offset, end))
    if (this.#remainingBytes === 0) this.#events.onEnd()
    return end
  }
}

function isFrameType (type: number): type is FrameType {
  return type <= FRAME_TYPE.goAway
}
