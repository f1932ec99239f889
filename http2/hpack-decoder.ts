import { DynamicTable } from './dynamic-table.ts'
import { ENTRY_OVERHEAD_BYTES, type HeaderList } from './header-list.ts'
import { decodeHuffman, maxDecodedBytes } from './huffman.ts'
import { STATIC_LENGTH, STATIC_NAMES, STATIC_VALUES } from './static-table.ts'

/** The table that an encoder may use before it has read our SETTINGS; after that less, never more. */
const TABLE_BYTES = 4096

/** Fields of one block, counted as RFC 9113, 6.5.2 does. More is read on, for the table's sake, but not kept. */
export const MAX_HEADER_LIST_BYTES = 64 * 1024

/** `too-long`: right, but more than `MAX_HEADER_LIST_BYTES`; the list holds only its beginning. */
export type Decoded = 'ok' | 'too-long' | 'malformed'

let scratch = Buffer.allocUnsafeSlow(4096)

/**
 * One direction's HPACK decoder (RFC 7541). It keeps the whole state of its encoder's table, always: an encoder that
 * was told to keep none may have sent blocks before it read that, and one that never obeys is understood as well.
 */
export class HpackDecoder {
  readonly #table = new DynamicTable(TABLE_BYTES)
  #at = 0
  #to = 0
  #bytes: Buffer = scratch
  #failed = false
  #selfContained = true

  /** Whether the next block cannot depend on one before it, unless it begins with a size update. */
  get tableIsOff (): boolean {
    return this.#table.maxBytes === 0
  }

  /** Whether the last block means the same to a decoder that has seen no other, and changes nothing for later ones. */
  get wasSelfContained (): boolean {
    return this.#selfContained
  }

  /** Reads one whole block, `bytes[from..to)`. After `malformed` nothing can be decoded any more (RFC 9113, 4.3). */
  decode (bytes: Buffer, from: number, to: number, into: HeaderList): Decoded {
    into.clear()
    this.#bytes = bytes
    this.#at = from
    this.#to = to
    this.#failed = false
    this.#selfContained = true
    let listBytes = 0
    let mayResize = true
    while (this.#at < this.#to && !this.#failed) {
      const first = bytes[this.#at] as number
      if ((first & 0xe0) === 0x20) {
        if (!mayResize) return 'malformed'
        this.#resize()
        continue
      }
      mayResize = false
      listBytes += this.#readField(first, into, listBytes)
    }
    this.#bytes = scratch
    if (this.#failed) return 'malformed'
    return listBytes > MAX_HEADER_LIST_BYTES ? 'too-long' : 'ok'
  }

  #resize (): void {
    const maxBytes = this.#readInteger(5)
    if (maxBytes > TABLE_BYTES) this.#failed = true
    else this.#table.resize(maxBytes)
    if (maxBytes > 0) this.#selfContained = false
  }

  // Returns what the field counts.
  #readField (first: number, into: HeaderList, listBytes: number): number {
    const indexed = (first & 0x80) !== 0
    const adds = !indexed && (first & 0x40) !== 0
    const index = this.#readInteger(indexed ? 7 : adds ? 6 : 4)
    const fromTable = index > STATIC_LENGTH
    if (this.#failed || index - STATIC_LENGTH > this.#table.length || (indexed && index === 0)) {
      this.#failed = true
      return 0
    }
    if (fromTable) this.#selfContained = false
    const name = index === 0 ? this.#readText() : this.#nameAt(index)
    const value = indexed ? this.#valueAt(index) : this.#readText()
    if (this.#failed) return 0
    if (adds) {
      if (this.#table.maxBytes > 0) this.#selfContained = false
      this.#table.add(name, value)
    }
    const bytes = name.length + value.length + ENTRY_OVERHEAD_BYTES
    if (listBytes + bytes <= MAX_HEADER_LIST_BYTES) into.add(name, value, !indexed && (first & 0xf0) === 0x10)
    return bytes
  }

  #nameAt (index: number): string {
    if (index <= STATIC_LENGTH) return STATIC_NAMES[index] as string
    return this.#table.name(index - STATIC_LENGTH - 1)
  }

  #valueAt (index: number): string {
    if (index <= STATIC_LENGTH) return STATIC_VALUES[index] as string
    return this.#table.value(index - STATIC_LENGTH - 1)
  }

  // RFC 7541, 5.1. Four bytes after the first hold any number that can be right here.
  #readInteger (prefixBits: number): number {
    const mask = (1 << prefixBits) - 1
    let value = (this.#bytes[this.#at++] as number) & mask
    if (value < mask) return value
    for (let shift = 0; shift <= 21 && this.#at < this.#to; shift += 7) {
      const byte = this.#bytes[this.#at++] as number
      value += (byte & 0x7f) << shift
      if (byte < 0x80) return value
    }
    this.#failed = true
    return 0
  }

  #readText (): string {
    if (this.#at >= this.#to) this.#failed = true
    if (this.#failed) return ''
    const isHuffman = (this.#bytes[this.#at] as number) >= 0x80
    const length = this.#readInteger(7)
    const from = this.#at
    if (this.#failed || length > this.#to - from) {
      this.#failed = true
      return ''
    }
    this.#at += length
    if (!isHuffman) return this.#bytes.toString('latin1', from, this.#at)
    if (maxDecodedBytes(length) > scratch.length) scratch = Buffer.allocUnsafeSlow(maxDecodedBytes(length) * 2)
    const decoded = decodeHuffman(this.#bytes, from, this.#at, scratch)
    if (decoded === -1) this.#failed = true
    return decoded <= 0 ? '' : scratch.toString('latin1', 0, decoded)
  }
}
