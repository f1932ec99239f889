import { INITIAL_WINDOW_BYTES } from './constants.ts'
import { ProtocolViolation } from './errors.ts'

/**
 * How much the peer may send on one stream. Bytes count as held from their frame's header until the reader took them,
 * so window and held bytes together never pass `windowBytes`.
 */
export class ReceiveSide {
  readonly #windowBytes: number
  #grantedBytes = INITIAL_WINDOW_BYTES
  #heldBytes = 0

  constructor (windowBytes: number) {
    this.#windowBytes = windowBytes
  }

  get heldBytes (): number {
    return this.#heldBytes
  }

  /** Half a window at once: a grant for each read would double the number of frames. */
  get isCreditDue (): boolean {
    return this.#creditBytes * 2 >= this.#windowBytes
  }

  get #creditBytes (): number {
    return this.#windowBytes - this.#heldBytes - this.#grantedBytes
  }

  /** @throws {ProtocolViolation} the peer sends more than it may */
  expect (length: number): void {
    if (length > this.#grantedBytes) {
      throw new ProtocolViolation(`Data frame of ${length} bytes, but the window is ${this.#grantedBytes}`)
    }
    this.#grantedBytes -= length
    this.#heldBytes += length
  }

  consumed (bytes: number): void {
    this.#heldBytes -= bytes
  }

  /** The delta for a WindowUpdate, which counts as granted from here on. */
  takeCredit (): number {
    const credit = Math.max(0, this.#creditBytes)
    this.#grantedBytes += credit
    return credit
  }
}
