import { findHeadEnd, hasBareLf, MAX_HEAD_BYTES } from './syntax.ts'

export type HeadLook =
  /** A whole head, and the index in the input where the bytes after it begin. */
  | { readonly kind: 'complete', readonly bytes: Buffer, readonly next: number }
  /** Everything of it so far. */
  | { readonly kind: 'partial', readonly bytes: Buffer }
  | { readonly kind: 'too-long' }
  /** A line ends with LF alone: who is lenient may see a whole head here, so nobody must wait for its end. */
  | { readonly kind: 'bare-lf', readonly bytes: Buffer }

/**
 * Gathers a head across any splits of the input. Looking changes nothing: the reader says what it keeps, so that
 * bytes it refuses are still its caller's. Copies only a head that did not come in one piece.
 */
export class HeadBuffer {
  #kept: Buffer | undefined

  /** Bytes of the unfinished head, empty when there is none. */
  get kept (): Buffer {
    return this.#kept ?? EMPTY
  }

  look (input: Buffer, from: number, to: number): HeadLook {
    const piece = input.subarray(from, to)
    const keptLength = this.kept.length
    const bytes = this.#kept === undefined ? piece : Buffer.concat([this.#kept, piece])
    const end = findHeadEnd(bytes, Math.max(0, keptLength - 3))
    if (end > MAX_HEAD_BYTES || (end === -1 && bytes.length > MAX_HEAD_BYTES)) return { kind: 'too-long' }
    if (end === -1) return { kind: hasBareLf(bytes, keptLength) ? 'bare-lf' : 'partial', bytes }
    return { kind: 'complete', bytes: bytes.subarray(0, end), next: from + end - keptLength }
  }

  /** Keeps a partial head. The input may be a buffer that is used again, so a first piece is copied. */
  keep (partial: Buffer): void {
    this.#kept = this.#kept === undefined ? Buffer.from(partial) : partial
  }

  clear (): void {
    this.#kept = undefined
  }
}

const EMPTY = Buffer.alloc(0)
