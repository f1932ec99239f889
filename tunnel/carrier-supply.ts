import type { Duplex } from 'node:stream'
import { after, type Clock } from './clock.ts'
import { FIRST_BACKOFF_MS, LAST_BACKOFF_MS, SECOND_DIAL_MS } from './constants.ts'

export type CarrierSupplyDeps = {
  readonly clock: Clock
  readonly openCarrier: () => Promise<Duplex>
  /** A carrier was dialled: to be offered to the proxy. Then `accepted` or `failed` is called. */
  readonly onDialled: (carrier: Duplex) => void
  /** 0 to 1, for tests. */
  readonly random?: () => number
}

/** Dials the next carrier of a session for as long as one is wanted. */
export class CarrierSupply {
  readonly #deps: CarrierSupplyDeps
  readonly #random: () => number
  #isWanted = false
  #isOffered = false
  #dials = 0
  #failures = 0
  #stopWaiting: (() => void) | undefined
  #lastError: Error | undefined

  constructor (deps: CarrierSupplyDeps) {
    this.#deps = deps
    this.#random = deps.random ?? Math.random
  }

  /** Why there is none. */
  get lastError (): Error | undefined {
    return this.#lastError
  }

  /** From now on one is wanted; dialled at once. Nothing happens when one is wanted already. */
  want (): void {
    if (this.#isWanted) return
    this.#isWanted = true
    this.#dial()
  }

  /** As `want`, but a carrier that broke just after it came is not followed by the next one at once. */
  wantSoon (): void {
    if (this.#isWanted) return
    this.#isWanted = true
    this.#wait()
  }

  /** What was dialled before is nothing worth, and nothing is worth waiting for. */
  hurry (): void {
    this.#isWanted = true
    this.#isOffered = false
    this.#failures = 0
    this.#dials = 0
    this.#dial()
  }

  /** The proxy took what was dialled. */
  accepted (): void {
    this.#isWanted = false
    this.#isOffered = false
    this.#failures = 0
    this.#lastError = undefined
    this.#stopWaiting?.()
  }

  /** What was dialled is of no use. */
  failed (error: unknown): void {
    this.#lastError = error instanceof Error ? error : new Error(String(error))
    this.#isOffered = false
    if (this.#isWanted) this.#wait()
  }

  stop (): void {
    this.#isWanted = false
    this.#stopWaiting?.()
  }

  #wait (): void {
    this.#stopWaiting?.()
    const backoffMs = Math.min(FIRST_BACKOFF_MS * 2 ** this.#failures++, LAST_BACKOFF_MS)
    this.#stopWaiting = after(this.#deps.clock, backoffMs * (1 - this.#random() / 2), () => { this.#dial() })
  }

  #dial (): void {
    this.#stopWaiting?.()
    if (!this.#isWanted || this.#isOffered || this.#dials > 1) return
    this.#dials++
    // A second one beside the first: what a path that drops everything swallowed comes back late or never.
    this.#stopWaiting = after(this.#deps.clock, SECOND_DIAL_MS, () => { this.#dial() })
    void this.#finishDial()
  }

  async #finishDial (): Promise<void> {
    try {
      const carrier = await this.#deps.openCarrier()
      this.#endDial()
      if (!this.#isWanted || this.#isOffered) return discard(carrier)
      this.#stopWaiting?.()
      this.#isOffered = true
      this.#deps.onDialled(carrier)
    } catch (error) {
      this.#endDial()
      if (!this.#isOffered) this.failed(error)
    }
  }

  #endDial (): void {
    this.#dials = Math.max(0, this.#dials - 1)
  }
}

/** In order, as everything that an API server forwards should end. */
function discard (carrier: Duplex): void {
  carrier.on('error', () => {}).resume().end()
}
