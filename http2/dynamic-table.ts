import { ENTRY_OVERHEAD_BYTES } from './header-list.ts'

/** The decoder's memory of fields (RFC 7541, 2.3.2 and 4). A ring: nothing moves when an entry is added. */
export class DynamicTable {
  /** The size that the encoder chose. */
  #maxBytes: number
  #bytes = 0
  #length = 0
  /** Where the newest entry is. */
  #newest = -1
  readonly #capacity: number
  readonly #names: string[] = []
  readonly #values: string[] = []

  /** @param maxBytes that the encoder may ever choose, and begins with. */
  constructor (maxBytes: number) {
    this.#maxBytes = maxBytes
    this.#capacity = Math.max(1, Math.floor(maxBytes / ENTRY_OVERHEAD_BYTES))
  }

  get length (): number {
    return this.#length
  }

  get maxBytes (): number {
    return this.#maxBytes
  }

  resize (maxBytes: number): void {
    this.#maxBytes = maxBytes
    this.#evict(maxBytes)
  }

  add (name: string, value: string): void {
    const bytes = name.length + value.length + ENTRY_OVERHEAD_BYTES
    // One that is larger than the table empties it, which is no error (RFC 7541, 4.4).
    this.#evict(Math.max(0, this.#maxBytes - bytes))
    if (bytes > this.#maxBytes) return
    this.#newest = (this.#newest + 1) % this.#capacity
    this.#names[this.#newest] = name
    this.#values[this.#newest] = value
    this.#length++
    this.#bytes += bytes
  }

  /** @param index 0 is the newest; below `length`. */
  name (index: number): string {
    return this.#names[this.#slot(index)] as string
  }

  value (index: number): string {
    return this.#values[this.#slot(index)] as string
  }

  #slot (index: number): number {
    return (this.#newest - index + this.#capacity) % this.#capacity
  }

  #evict (toBytes: number): void {
    while (this.#bytes > toBytes) {
      const oldest = this.#slot(this.#length - 1)
      this.#bytes -= (this.#names[oldest] as string).length + (this.#values[oldest] as string).length +
        ENTRY_OVERHEAD_BYTES
      this.#names[oldest] = ''
      this.#values[oldest] = ''
      this.#length--
    }
  }
}
