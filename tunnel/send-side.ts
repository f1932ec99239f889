import { INITIAL_WINDOW_BYTES, MAX_FRAME_PAYLOAD_BYTES, MAX_WINDOW_BYTES } from './constants.ts'
import type { BatchWriter } from './encode.ts'
import { ProtocolViolation } from './errors.ts'

/** What one stream still has to send, and how much of it the peer lets us. One write at a time, as Node's Writable. */
export class SendSide {
  #windowBytes = INITIAL_WINDOW_BYTES
  #waitingBytes = 0
  #chunks: readonly Buffer[] = []
  #index = 0
  #offset = 0

  get waitingBytes (): number {
    return this.#waitingBytes
  }

  /** Length of the next data frame: 0 when there is nothing to send or the peer allows nothing. */
  get nextFrameBytes (): number {
    return Math.min(this.#waitingBytes, this.#windowBytes, MAX_FRAME_PAYLOAD_BYTES)
  }

  setChunks (chunks: readonly Buffer[]): void {
    this.#chunks = chunks
    this.#index = 0
    this.#offset = 0
    this.#waitingBytes = 0
    for (const chunk of chunks) this.#waitingBytes += chunk.length
  }

  /** @throws {ProtocolViolation} the window would not fit in 32 bits */
  addWindow (deltaBytes: number): void {
    this.#windowBytes += deltaBytes
    if (this.#windowBytes > MAX_WINDOW_BYTES) throw new ProtocolViolation('Stream window over 2^32 - 1')
  }

  /** Writes `length` bytes, however many chunks they lie in: many small writes make one frame. */
  writePayload (writer: BatchWriter, length: number): void {
    this.#windowBytes -= length
    this.#waitingBytes -= length
    for (let left = length; left > 0;) {
      const chunk = this.#chunks[this.#index]
      if (chunk === undefined) throw new RangeError('More payload asked for than waits')
      const end = Math.min(chunk.length, this.#offset + left)
      writer.writePayload(chunk, this.#offset, end)
      left -= end - this.#offset
      this.#offset = end
      if (end === chunk.length) {
        this.#index++
        this.#offset = 0
      }
    }
    if (this.#waitingBytes === 0) this.#chunks = []
  }

  clear (): void {
    this.setChunks([])
  }
}
