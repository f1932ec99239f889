import { INITIAL_WINDOW_BYTES } from './constants.ts'
import { ProtocolViolation } from './errors.ts'
import type { WindowBudget } from './window-budget.ts'

/**
 * How much the peer may send on one stream. Bytes count as held from their frame's header until the reader took them,
 * so what is granted and what is held never pass the window together. It grows with what the reader takes.
 */
export class ReceiveSide {
  readonly #budget: WindowBudget | undefined
  #windowBytes: number
  #grantedBytes = INITIAL_WINDOW_BYTES
  #heldBytes = 0
  /** Since the last credit, which was given at this time. */
  #takenBytes = 0
  #creditedAt: number | undefined
  /** What we took of the session's budget. */
  #claimedBytes = 0
  #isClosed = false

  constructor (windowBytes: number, budget?: WindowBudget) {
    this.#windowBytes = windowBytes
    this.#budget = budget
  }

  get heldBytes (): number {
    return this.#heldBytes
  }

  get windowBytes (): number {
    return this.#windowBytes
  }

  /** Half a window at once: a grant for each read would double the number of frames. */
  get isCreditDue (): boolean {
    return this.#creditBytes * 2 >= this.#windowBytes
  }

  get #creditBytes (): number {
    return this.#windowBytes - this.#heldBytes - this.#grantedBytes
  }

  /** @throws {ProtocolViolation} the peer sends more than it may */
  expect (length: number): void {
    if (length > this.#grantedBytes) {
      throw new ProtocolViolation(`Data frame of ${length} bytes, but the window is ${this.#grantedBytes}`)
    }
    this.#grantedBytes -= length
    this.#heldBytes += length
  }

  consumed (bytes: number): void {
    this.#heldBytes -= bytes
    this.#takenBytes += bytes
    if (this.#claimedBytes === 0) return
    if (this.#isClosed || this.#claimedBytes + INITIAL_WINDOW_BYTES > this.#windowBytes) this.#updateClaim()
  }

  /** The delta for a WindowUpdate, which counts as granted from here on. */
  takeCredit (): number {
    if (this.#takenBytes > 0) this.#tune()
    const credit = Math.max(0, this.#creditBytes)
    this.#grantedBytes += credit
    if (this.#budget !== undefined) this.#updateClaim()
    return credit
  }

  /** The peer sends no more. What is held still counts until the reader took it, or gave it up. */
  close (): void {
    this.#isClosed = true
    this.#updateClaim()
  }

  /** Nobody reads what is held. */
  giveUp (): void {
    this.#heldBytes = 0
    this.close()
  }

  #tune (): void {
    const budget = this.#budget
    if (budget === undefined) return
    const now = budget.now()
    if (this.#creditedAt !== undefined) {
      this.#windowBytes = budget.nextWindowBytes({
        windowBytes: this.#windowBytes, takenBytes: this.#takenBytes, elapsedMs: now - this.#creditedAt
      })
    }
    this.#takenBytes = 0
    this.#creditedAt = now
  }

  /** A window that shrinks is worth what was granted, until that was used. */
  #updateClaim (): void {
    const used = this.#isClosed ? this.#heldBytes : Math.max(this.#windowBytes, this.#heldBytes + this.#grantedBytes)
    const bytes = Math.max(0, used - INITIAL_WINDOW_BYTES)
    if (bytes === this.#claimedBytes) return
    this.#budget?.claim(this.#claimedBytes, bytes)
    this.#claimedBytes = bytes
  }
}
