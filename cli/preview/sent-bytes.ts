/** More than the head and the first pieces of a form is not kept. */
const MAX_KEPT_BYTES = 256 * 1024

/** What was sent of a request, as long as it may have to be sent again. */
export class SentBytes {
  #bytes: Buffer[] = []
  #length = 0
  #isComplete = true

  /** All of it, in order, while `isComplete`. */
  get bytes (): readonly Buffer[] {
    return this.#bytes
  }

  get isComplete (): boolean {
    return this.#isComplete
  }

  add (bytes: Buffer): void {
    if (!this.#isComplete) return
    this.#bytes.push(bytes)
    this.#length += bytes.length
    if (this.#length > MAX_KEPT_BYTES) this.forget()
  }

  /** It will not be sent again. */
  forget (): void {
    this.#isComplete = false
    this.#bytes = []
  }
}
