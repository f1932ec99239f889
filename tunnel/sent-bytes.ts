import type { Batch } from './encode.ts'
import { ProtocolViolation } from './errors.ts'

type Piece = { readonly bytes: Buffer, next: Piece | undefined }

/**
 * The session's bytes that the peer has not acknowledged, so that the next carrier can go on wherever the last one
 * broke off. Numbers count from the session's first byte, over all its carriers.
 */
export class SentBytes {
  #oldest: Piece | undefined
  #newest: Piece | undefined
  /** Number of the oldest piece's first byte. */
  #oldestAt = 0
  #acknowledged = 0
  #count = 0
  /** The next byte for this carrier: its number, its piece, and its place in there. */
  #nextAt = 0
  #next: Piece | undefined
  #nextOffset = 0

  /** All bytes ever sent. */
  get count (): number {
    return this.#count
  }

  get unacknowledgedBytes (): number {
    return this.#count - this.#acknowledged
  }

  /** Whether some of them must go out again before anything new. */
  get isBehind (): boolean {
    return this.#nextAt < this.#count
  }

  /** A batch that goes out now. Not while `isBehind`. @param headroomBytes what its first part begins with. */
  add (batch: Batch, headroomBytes: number): void {
    let skip = headroomBytes
    for (const part of batch.parts) {
      this.#append(skip === 0 ? part : part.subarray(skip))
      skip = 0
    }
    this.#count += batch.byteLength
    this.#nextAt = this.#count
    this.#next = undefined
  }

  /** @throws {ProtocolViolation} the peer cannot have received that many, or had told more before */
  acknowledge (bytesReceived: number): void {
    this.#check(bytesReceived)
    this.#acknowledged = bytesReceived
    let oldest = this.#oldest
    while (oldest !== undefined && this.#oldestAt + oldest.bytes.length <= bytesReceived) {
      this.#oldestAt += oldest.bytes.length
      const { next } = oldest
      // A piece that grew old would keep all that came after it alive.
      oldest.next = undefined
      oldest = next
    }
    this.#oldest = oldest
    if (oldest === undefined) this.#newest = undefined
    // What was to go out again has arrived by another carrier.
    if (this.#nextAt < bytesReceived) this.#goTo(bytesReceived)
  }

  /** The next carrier begins here. @throws {ProtocolViolation} as `acknowledge` */
  resumeAt (bytesReceived: number): void {
    this.acknowledge(bytesReceived)
    this.#goTo(bytesReceived)
  }

  /** The next bytes for a carrier that is behind. */
  takeAgain (limitBytes: number): readonly Buffer[] {
    const pieces: Buffer[] = []
    for (let left = limitBytes; left > 0 && this.#next !== undefined;) {
      const { bytes, next } = this.#next
      const end = Math.min(bytes.length, this.#nextOffset + left)
      const taken = end - this.#nextOffset
      if (taken > 0) pieces.push(bytes.subarray(this.#nextOffset, end))
      this.#nextAt += taken
      left -= taken
      this.#nextOffset = end
      if (end < bytes.length) break
      this.#next = next
      this.#nextOffset = 0
    }
    return pieces
  }

  clear (): void {
    this.#oldest = undefined
    this.#newest = undefined
    this.#next = undefined
  }

  #append (bytes: Buffer): void {
    if (bytes.length === 0) return
    const piece: Piece = { bytes, next: undefined }
    if (this.#newest === undefined) this.#oldest = piece
    else this.#newest.next = piece
    if (this.#oldest === piece) this.#oldestAt = this.#count
    this.#newest = piece
  }

  #check (bytesReceived: number): void {
    if (bytesReceived > this.#count) {
      throw new ProtocolViolation(`${bytesReceived} bytes received, of ${this.#count} that were sent`)
    }
    if (bytesReceived < this.#acknowledged) {
      throw new ProtocolViolation(`${bytesReceived} bytes received, after ${this.#acknowledged} were`)
    }
  }

  #goTo (at: number): void {
    this.#nextAt = at
    this.#nextOffset = at - this.#oldestAt
    this.#next = this.#oldest
    while (this.#next !== undefined && this.#nextOffset >= this.#next.bytes.length) {
      this.#nextOffset -= this.#next.bytes.length
      this.#next = this.#next.next
    }
  }
}
