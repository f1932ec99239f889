/** Longest view that is kept for the next write of the same length. */
const MAX_KEPT_VIEW_BYTES = 2048

/**
 * Where bytes are copied that the kernel will most likely take at once, so that small writes make no garbage. Most of
 * them have one of a few lengths, so views are kept by length.
 */
export class Scratch {
  readonly #sizeBytes: number
  #buffer: Buffer
  #views: (Buffer | undefined)[] = []

  constructor (sizeBytes: number) {
    this.#sizeBytes = sizeBytes
    this.#buffer = Buffer.allocUnsafeSlow(sizeBytes)
  }

  /** A copy of at most `sizeBytes` bytes, good until the next copy. */
  copy (bytes: Buffer, from: number, to: number): Buffer {
    bytes.copy(this.#buffer, 0, from, to)
    const length = to - from
    if (length > MAX_KEPT_VIEW_BYTES) return this.#buffer.subarray(0, length)
    const view = this.#views[length] ?? this.#buffer.subarray(0, length)
    this.#views[length] = view
    return view
  }

  /** Somebody keeps the last copy: the next one goes elsewhere. */
  giveAway (): void {
    this.#buffer = Buffer.allocUnsafeSlow(this.#sizeBytes)
    this.#views = []
  }
}
