/** Compressed flag and length (https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md). */
const PREFIX_BYTES = 5
/** A stream may have any number of them. */
const MAX_KEPT = 1000

/** Finds the messages of one direction of a gRPC call, however its bytes are split. */
export class MessageCounter {
  /** Length of each, in bytes; of the first thousand. */
  readonly lengths: number[] = []
  readonly #prefix = Buffer.alloc(PREFIX_BYTES)
  #prefixBytes = 0
  #left = 0

  push (bytes: Buffer, from: number, to: number): void {
    let at = from
    while (at < to) {
      const skipped = Math.min(this.#left, to - at)
      this.#left -= skipped
      at += skipped
      if (at === to) return
      this.#prefix[this.#prefixBytes++] = bytes[at++] as number
      if (this.#prefixBytes < PREFIX_BYTES) continue
      this.#prefixBytes = 0
      this.#left = this.#prefix.readUInt32BE(1)
      if (this.lengths.length < MAX_KEPT) this.lengths.push(this.#left)
    }
  }
}
