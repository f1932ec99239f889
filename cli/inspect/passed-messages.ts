import type { PassedKind } from './view-types.ts'

/** One message of a WebSocket or of gRPC. */
export type PassedMessage = {
  /** From 1, of both directions together. */
  readonly number: number
  readonly way: 'sent' | 'received'
  readonly kind: PassedKind
  /** ms after the request's head was read. */
  readonly atMs: number
  /** Of all of it; unfolded, where it could be. */
  readonly totalBytes: number
  /** Its beginning. */
  readonly bytes: Buffer
  /** Whether its end is missing. */
  readonly isCut: boolean
  /** Whether it is still compressed: by itself, or in a way that needs messages before it that were not kept. */
  readonly isPacked: boolean
}

/** Of one message, so that a long one does not push out all others. */
export const MAX_MESSAGE_BYTES = 16 * 1024
/** Of one that is compressed: it has to be there whole, or nothing of it can be read. */
export const MAX_PACKED_BYTES = 64 * 1024
const MAX_MESSAGES = 500
const MAX_TOTAL_BYTES = 256 * 1024
/** What a message counts beside its bytes. */
const OVERHEAD_BYTES = 200

/** The newest messages of one exchange, both directions in the order they passed: the oldest make room. */
export class PassedMessages {
  readonly #grow: (bytes: number) => boolean
  readonly #sinceStartMs: () => number
  #kept: PassedMessage[] = []
  #bytes = 0
  #count = 0
  #isForgotten = false
  readonly #onForget: (() => void)[] = []

  /** @param grow told before more is kept, and with less than 0 after; false: nothing may be kept any more. */
  constructor (grow: (bytes: number) => boolean, sinceStartMs: () => number) {
    this.#grow = grow
    this.#sinceStartMs = sinceStartMs
  }

  /** Oldest first. */
  get kept (): readonly PassedMessage[] {
    return this.#kept
  }

  /** How many made room. */
  get lost (): number {
    return this.#count - this.#kept.length
  }

  add (message: Omit<PassedMessage, 'number' | 'atMs' | 'bytes'>, bytes: Buffer): void {
    const number = ++this.#count
    const length = Math.min(bytes.length, MAX_MESSAGE_BYTES)
    if (!this.#grow(length + OVERHEAD_BYTES)) return
    // A copy, and not from Node's pool: the bytes belong to whoever reads, and a small one would keep others' alive.
    const kept = Buffer.allocUnsafeSlow(length)
    bytes.copy(kept, 0, 0, length)
    const isCut = message.isCut || bytes.length > length
    this.#kept.push({ ...message, number, atMs: this.#sinceStartMs(), bytes: kept, isCut })
    this.#bytes += length
    while (this.#kept.length > MAX_MESSAGES || this.#bytes > MAX_TOTAL_BYTES) this.#dropOldest()
  }

  /** Whoever reads messages lets go of what it keeps for the next ones, too. Called at once where all is forgotten. */
  onForget (letGo: () => void): void {
    if (this.#isForgotten) letGo()
    else this.#onForget.push(letGo)
  }

  /** Lets go of all, for good; what passed is still counted. */
  forget (): void {
    this.#isForgotten = true
    this.#kept = []
    this.#bytes = 0
    for (const letGo of this.#onForget.splice(0)) letGo()
  }

  #dropOldest (): void {
    const length = this.#kept.shift()?.bytes.length ?? 0
    this.#bytes -= length
    this.#grow(-length - OVERHEAD_BYTES)
  }
}
