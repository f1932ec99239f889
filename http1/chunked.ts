import { CR, LF } from './syntax.ts'

/** 15 hexadecimal digits reach 2^60; a size over 2^53 would not be exact and is refused too. */
const MAX_SIZE_DIGITS = 15

type State = 'size' | 'extension' | 'size-lf' | 'data' | 'data-cr' | 'data-lf' | 'trailer-start' | 'trailer' |
  'trailer-lf' | 'end-lf' | 'done'

/** Follows a chunked body byte by byte (RFC 9112, 7.1) without changing it. */
export class ChunkedReader {
  #state: State = 'size'
  #digits = 0
  #size = 0
  #left = 0
  readonly #onData: ((from: number, to: number) => void) | undefined

  /** @param onData told where the data of a chunk stands in the bytes that are read. */
  constructor (onData?: (from: number, to: number) => void) {
    this.#onData = onData
  }

  get done (): boolean {
    return this.#state === 'done'
  }

  /**
   * Reads as far as this body goes.
   *
   * @returns the index after the last byte that belongs to it, or -1 when it is malformed.
   */
  read (bytes: Buffer, from: number, to: number): number {
    let at = from
    while (at < to && this.#state !== 'done') {
      if (this.#state === 'data') {
        const step = Math.min(this.#left, to - at)
        this.#onData?.(at, at + step)
        this.#left -= step
        at += step
        if (this.#left === 0) this.#state = 'data-cr'
        continue
      }
      if (!this.#step(bytes[at] as number)) return -1
      at++
    }
    return at
  }

  #step (byte: number): boolean {
    switch (this.#state) {
      case 'size': return this.#stepSize(byte)
      case 'extension':
        // Quoted strings may hold anything but a bare CR or LF, so the line ends at CR.
        if (byte === CR) this.#state = 'size-lf'
        return byte !== LF && byte !== 0
      case 'size-lf': return this.#expect(byte, LF, this.#size === 0 ? 'trailer-start' : 'data')
      case 'data-cr': return this.#expect(byte, CR, 'data-lf')
      case 'data-lf': return this.#expect(byte, LF, 'size')
      case 'trailer-start':
        this.#state = byte === CR ? 'end-lf' : 'trailer'
        return byte !== LF && byte !== 0
      case 'trailer':
        if (byte === CR) this.#state = 'trailer-lf'
        return byte !== LF && byte !== 0
      case 'trailer-lf': return this.#expect(byte, LF, 'trailer-start')
      case 'end-lf': return this.#expect(byte, LF, 'done')
      case 'data':
      case 'done': return false
      default: return false
    }
  }

  #stepSize (byte: number): boolean {
    const digit = hexDigit(byte)
    if (digit !== -1) {
      if (this.#digits === 0) this.#size = 0
      this.#size = this.#size * 16 + digit
      return ++this.#digits <= MAX_SIZE_DIGITS && this.#size <= Number.MAX_SAFE_INTEGER
    }
    if (this.#digits === 0) return false
    this.#digits = 0
    this.#left = this.#size
    if (byte === CR) {
      this.#state = 'size-lf'
      return true
    }
    this.#state = 'extension'
    // Whitespace before ";" is in the grammar only as BWS; servers disagree on it, so it is refused.
    return byte === 59
  }

  #expect (byte: number, wanted: number, next: State): boolean {
    this.#state = next
    return byte === wanted
  }
}

function hexDigit (byte: number): number {
  if (byte >= 48 && byte <= 57) return byte - 48
  const lower = byte | 32
  return lower >= 97 && lower <= 102 ? lower - 87 : -1
}
