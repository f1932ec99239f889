import { findHeadEnd, MAX_HEAD_BYTES } from './syntax.ts'

/** A whole head and where the bytes after it begin. */
export type CompleteHead = {
  readonly bytes: Buffer
  readonly next: number
}

/** Gathers a head across any splits of the input. Copies only a head that did not come in one piece. */
export class HeadBuffer {
  #kept: Buffer | undefined

  /** Bytes of the unfinished head, empty when there is none. */
  get kept (): Buffer {
    return this.#kept ?? EMPTY
  }

  /** Takes `from`..`to`. Returns the head when its empty line is among them, else keeps everything. */
  push (bytes: Buffer, from: number, to: number): CompleteHead | 'more' | 'too-long' {
    const piece = bytes.subarray(from, to)
    const keptLength = this.#kept?.length ?? 0
    const all = this.#kept === undefined ? piece : Buffer.concat([this.#kept, piece])
    const end = findHeadEnd(all, Math.max(0, keptLength - 3))
    if (end > MAX_HEAD_BYTES || (end === -1 && all.length > MAX_HEAD_BYTES)) return 'too-long'
    if (end === -1) {
      // The input may be a buffer that is used again, so what is kept is a copy.
      this.#kept = this.#kept === undefined ? Buffer.from(piece) : all
      return 'more'
    }
    this.#kept = undefined
    return { bytes: all.subarray(0, end), next: from + end - keptLength }
  }

  /** Gives the unfinished head away. */
  take (): Buffer {
    const kept = this.kept
    this.#kept = undefined
    return kept
  }
}

const EMPTY = Buffer.alloc(0)
