/** What an entry counts beyond its bytes (RFC 7541, 4.1; RFC 9113, 6.5.2). */
export const ENTRY_OVERHEAD_BYTES = 32

/**
 * The fields of one header block, in order. Texts are latin1, one char a byte. Filled anew for each block, so that
 * reading one costs no list.
 */
export class HeaderList {
  readonly names: string[] = []
  readonly values: string[] = []
  /** Whether the field must never be put into a table, here or further on (RFC 7541, 7.1.3). */
  readonly neverIndexed: boolean[] = []
  length = 0

  clear (): void {
    this.length = 0
  }

  add (name: string, value: string, neverIndexed: boolean): void {
    const index = this.length++
    this.names[index] = name
    this.values[index] = value
    this.neverIndexed[index] = neverIndexed
  }

  copy (): HeaderList {
    const copy = new HeaderList()
    for (let index = 0; index < this.length; index++) {
      copy.add(this.names[index] as string, this.values[index] as string, this.neverIndexed[index] === true)
    }
    return copy
  }

  /** Index of the last field of this name; -1 where there is none. */
  lastIndexOf (name: string): number {
    let index = this.length - 1
    while (index >= 0 && this.names[index] !== name) index--
    return index
  }

  /** The value of the first field of this name. */
  first (name: string): string | undefined {
    for (let index = 0; index < this.length; index++) {
      if (this.names[index] === name) return this.values[index]
    }
    return undefined
  }
}
