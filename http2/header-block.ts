import { END_HEADERS, FRAME_HEAD_BYTES, HEADERS, PADDED, PRIORITY_FLAG, read31 } from './frame.ts'

/** Bytes of one header block and its frames. Much more than a head may have, and the end of a CONTINUATION flood. */
export const MAX_BLOCK_BYTES = 128 * 1024

/**
 * `complete`: `bytes[from..to)` is the block. `more`: CONTINUATION follows. `malformed`: not what RFC 9113, 6.2 and
 * 6.10 allow. `too-long`: more than `MAX_BLOCK_BYTES`.
 */
export type BlockStep = 'complete' | 'more' | 'malformed' | 'too-long'

/** Puts the block of HEADERS and its CONTINUATION frames together. One that is a single frame is not copied. */
export class HeaderBlock {
  streamId = 0
  /** Flags of the HEADERS frame. */
  flags = 0
  bytes: Buffer = EMPTY
  from = 0
  to = 0
  /** All frames of the block as they came, if it has more than one. */
  readonly frames: Buffer[] = []
  #fragments: Buffer[] = []
  #length = 0
  #isOpen = false

  /** The five bytes of a priority (RFC 9113, 6.3); empty where the HEADERS frame has none. */
  get priority (): Buffer {
    if ((this.flags & PRIORITY_FLAG) === 0) return EMPTY
    const [first] = this.frames
    if (first === undefined) return this.bytes.subarray(this.from - PRIORITY_BYTES, this.from)
    const at = FRAME_HEAD_BYTES + ((this.flags & PADDED) === 0 ? 0 : 1)
    return first.subarray(at, at + PRIORITY_BYTES)
  }

  /** Whether CONTINUATION must come next. */
  get isOpen (): boolean {
    return this.#isOpen
  }

  /** A whole HEADERS or CONTINUATION frame, `bytes[at..end)`. */
  push (bytes: Buffer, at: number, end: number): BlockStep {
    const flags = bytes[at + 4] as number
    const streamId = read31(bytes, at + 5)
    const isFirst = bytes[at + 3] === HEADERS
    if (isFirst === this.#isOpen || streamId === 0) return 'malformed'
    if (isFirst) {
      this.streamId = streamId
      this.flags = flags
      this.frames.length = 0
      if (!this.#findFragment(bytes, at, end)) return 'malformed'
      if ((flags & END_HEADERS) !== 0) return 'complete'
    } else {
      if (streamId !== this.streamId) return 'malformed'
      this.#set(bytes, at + FRAME_HEAD_BYTES, end)
    }
    return this.#append(bytes, at, end, (flags & END_HEADERS) !== 0)
  }

  // Between padding and priority (RFC 9113, 6.2).
  #findFragment (bytes: Buffer, at: number, end: number): boolean {
    let from = at + FRAME_HEAD_BYTES
    let to = end
    if ((this.flags & PADDED) !== 0) {
      if (from === end) return false
      to -= bytes[from++] as number
    }
    if ((this.flags & PRIORITY_FLAG) !== 0) from += PRIORITY_BYTES
    this.#set(bytes, from, to)
    return from <= to
  }

  #append (bytes: Buffer, at: number, end: number, isLast: boolean): BlockStep {
    this.#isOpen = !isLast
    this.#length += end - at
    this.frames.push(Buffer.from(bytes.subarray(at, end)))
    if (this.#length > MAX_BLOCK_BYTES) return 'too-long'
    this.#fragments.push(Buffer.from(bytes.subarray(this.from, this.to)))
    if (!isLast) return 'more'
    const block = Buffer.concat(this.#fragments)
    this.#set(block, 0, block.length)
    this.#fragments = []
    this.#length = 0
    return 'complete'
  }

  #set (bytes: Buffer, from: number, to: number): void {
    this.bytes = bytes
    this.from = from
    this.to = to
  }
}

const EMPTY = Buffer.alloc(0)
const PRIORITY_BYTES = 5
