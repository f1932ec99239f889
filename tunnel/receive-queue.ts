const LARGEST_BLOCK_BYTES = 64 * 1024

/**
 * Bytes that wait for a slow reader, copied into blocks of their own: a view of one byte would hold the whole chunk the
 * carrier read, and a million tiny frames would cost a hundred times their bytes.
 */
export class ReceiveQueue {
  #blocks: Buffer[] = []
  /** Bytes used of the last block, and of all blocks. */
  #lastBytes = 0
  #byteLength = 0

  get byteLength (): number {
    return this.#byteLength
  }

  append (bytes: Buffer): void {
    let from = 0
    while (from < bytes.length) {
      let last = this.#blocks.at(-1)
      if (last === undefined || this.#lastBytes === last.length) last = this.#addBlock(bytes.length - from)
      const copied = bytes.copy(last, this.#lastBytes, from)
      this.#lastBytes += copied
      this.#byteLength += copied
      from += copied
    }
  }

  /** The oldest block that waits. */
  shift (): Buffer | undefined {
    const block = this.#blocks.shift()
    if (block === undefined) return undefined
    const bytes = this.#blocks.length === 0 ? block.subarray(0, this.#lastBytes) : block
    if (this.#blocks.length === 0) this.#lastBytes = 0
    this.#byteLength -= bytes.length
    return bytes
  }

  clear (): void {
    this.#blocks = []
    this.#lastBytes = 0
    this.#byteLength = 0
  }

  /** Blocks grow with what already waits, so a short wait costs little and a long one few objects. */
  #addBlock (neededBytes: number): Buffer {
    const block = Buffer.allocUnsafeSlow(Math.min(LARGEST_BLOCK_BYTES, Math.max(neededBytes, this.#byteLength)))
    this.#blocks.push(block)
    this.#lastBytes = 0
    return block
  }
}
