/** The beginning of a body: the bytes themselves up to a bound, of the rest only how many there were. */
export class KeptBytes {
  readonly #limitBytes: number
  readonly #grow: (bytes: number) => boolean
  #buffer: Buffer = EMPTY
  #kept = 0
  #total = 0

  /** @param grow told before more is kept; false: nothing may be kept any more. */
  constructor (limitBytes: number, grow: (bytes: number) => boolean) {
    this.#limitBytes = limitBytes
    this.#grow = grow
  }

  /** Bytes that passed. */
  get totalBytes (): number {
    return this.#total
  }

  /** Whether the end of it is missing. */
  get isCut (): boolean {
    return this.#total > this.#kept
  }

  /** Valid until the next `push`. */
  get bytes (): Buffer {
    return this.#buffer.subarray(0, this.#kept)
  }

  /** Copies: the bytes belong to whoever reads the connection. */
  push (bytes: Buffer, from = 0, to = bytes.length): void {
    // Once something is left out, what follows it would be out of place.
    const room = this.isCut ? 0 : Math.min(to - from, this.#limitBytes - this.#kept)
    this.#total += to - from
    if (room <= 0 || !this.#grow(room)) return
    this.#reserve(this.#kept + room)
    bytes.copy(this.#buffer, this.#kept, from, from + room)
    this.#kept += room
  }

  /** Lets go of the bytes; what passed is still counted. */
  forget (): void {
    this.#buffer = EMPTY
    this.#kept = 0
  }

  #reserve (bytes: number): void {
    if (this.#buffer.length >= bytes) return
    // Not from Node's pool: a small body would keep 64 KiB of others' alive.
    const larger = Buffer.allocUnsafeSlow(Math.min(this.#limitBytes, Math.max(bytes, this.#buffer.length * 2)))
    this.#buffer.copy(larger, 0, 0, this.#kept)
    this.#buffer = larger
  }
}

const EMPTY = Buffer.alloc(0)
