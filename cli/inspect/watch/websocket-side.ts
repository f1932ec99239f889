import type { FrameCounts } from '../view-types.ts'

const CONTINUATION = 0
const TEXT = 1
const BINARY = 2

/** Counts the frames of one direction of a WebSocket (RFC 6455, 5.2), however its bytes are split. */
export class FrameCounter implements FrameCounts {
  text = 0
  binary = 0
  control = 0
  bytes = 0
  /** The head of a frame, as far as it has come: two bytes, a longer length, a mask. */
  readonly #head = Buffer.alloc(14)
  #headBytes = 0
  #payloadLeft = 0

  push (bytes: Buffer, from: number, to: number): void {
    let at = from
    while (at < to) {
      const skipped = Math.min(this.#payloadLeft, to - at)
      this.#payloadLeft -= skipped
      at += skipped
      if (at === to) return
      this.#head[this.#headBytes++] = bytes[at++] as number
      if (this.#headBytes === this.#wantedBytes()) this.#begin()
    }
  }

  toJSON (): FrameCounts {
    const { text, binary, control, bytes } = this
    return { text, binary, control, bytes }
  }

  #wantedBytes (): number {
    if (this.#headBytes < 2) return 2
    const second = this.#head[1] as number
    const length = second & 0x7f
    return 2 + (length === 127 ? 8 : length === 126 ? 2 : 0) + ((second & 0x80) === 0 ? 0 : 4)
  }

  #begin (): void {
    const opcode = (this.#head[0] as number) & 0x0f
    const length = (this.#head[1] as number) & 0x7f
    this.#payloadLeft = length === 127
      ? Number(this.#head.readBigUInt64BE(2))
      : length === 126 ? this.#head.readUInt16BE(2) : length
    this.#headBytes = 0
    this.bytes += this.#payloadLeft
    if (opcode === TEXT) this.text++
    else if (opcode === BINARY) this.binary++
    else if (opcode !== CONTINUATION) this.control++
  }
}
