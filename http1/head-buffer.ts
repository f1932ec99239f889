import { findHeadEnd, hasBareLf, MAX_HEAD_BYTES } from './syntax.ts'

const FIRST_BYTES = 1024

/**
 * Gathers a head that came in pieces. Its work is in proportion to the bytes, however small the pieces are, so that
 * nobody makes us busy by sending one byte at a time.
 */
export class HeadBuffer {
  #bytes: Buffer = EMPTY
  #length = 0

  /** Bytes of the unfinished head, empty when there is none. */
  get kept (): Buffer {
    return this.#length === 0 ? EMPTY : this.#bytes.subarray(0, this.#length)
  }

  get isEmpty (): boolean {
    return this.#length === 0
  }

  /** Keeps a piece: a copy, because the input may be a buffer that is used again. */
  keep (input: Buffer, from: number, to: number): void {
    const length = this.#length + to - from
    if (length > this.#bytes.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(length, FIRST_BYTES, this.#bytes.length * 2))
      this.#bytes.copy(larger, 0, 0, this.#length)
      this.#bytes = larger
    }
    input.copy(this.#bytes, this.#length, from, to)
    this.#length = length
  }

  /**
   * Where the head that was kept ends, after the piece from `pieceFrom` on was kept too.
   *
   * @returns the index in `kept` after the empty line; -1 when it is not there yet; 'over' when there is no use in
   *   waiting for it: it is too long, or a line ends with LF alone, where who is lenient may see a whole head.
   */
  findEnd (pieceFrom: number): number | 'over' {
    const { kept } = this
    const end = findHeadEnd(kept, Math.max(0, pieceFrom - 3))
    if (end !== -1 && end <= MAX_HEAD_BYTES) return end
    return kept.length > MAX_HEAD_BYTES || hasBareLf(kept, pieceFrom) ? 'over' : -1
  }

  /** Takes back everything after `length` bytes. */
  cut (length: number): void {
    this.#length = length
  }

  /** Gives away what was kept. */
  take (length: number): Buffer {
    const taken = this.#bytes.subarray(0, length)
    this.#bytes = EMPTY
    this.#length = 0
    return taken
  }
}

const EMPTY = Buffer.alloc(0)
