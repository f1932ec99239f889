import { ACK_EVERY_BYTES } from './constants.ts'

/** How many of the session's bytes came, over all its carriers, and how many of them the peer was told. */
export class ReceivedBytes {
  #count = 0
  #acknowledged = 0
  /** Bytes the current carrier brings a second time, because the one before it brought them too. */
  #knownBytes = 0

  get count (): number {
    return this.#count
  }

  get isAckDue (): boolean {
    return this.#count - this.#acknowledged >= ACK_EVERY_BYTES
  }

  get hasUnacknowledged (): boolean {
    return this.#count > this.#acknowledged
  }

  /** The next carrier begins with byte `at`, which may have come by now. */
  resumeAt (at: number): void {
    this.#knownBytes = this.#count - at
  }

  /** What of these bytes is new; undefined: nothing. */
  take (bytes: Buffer): Buffer | undefined {
    const known = Math.min(this.#knownBytes, bytes.length)
    this.#knownBytes -= known
    if (known === bytes.length) return undefined
    this.#count += bytes.length - known
    return known === 0 ? bytes : bytes.subarray(known)
  }

  /** The peer is told now. */
  acknowledge (): number {
    this.#acknowledged = this.#count
    return this.#count
  }
}
