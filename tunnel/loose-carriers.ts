import type { Carrier } from './carrier.ts'

/** Carriers that have said nothing yet, and those that were left. Past a bound the oldest is cut. */
export class LooseCarriers {
  readonly #limit: number
  readonly #carriers = new Set<Carrier>()

  constructor (limit: number) {
    this.#limit = limit
  }

  add (carrier: Carrier): void {
    this.#carriers.add(carrier)
    void carrier.closed.then(() => { this.#carriers.delete(carrier) })
    const [oldest] = this.#carriers
    if (this.#carriers.size <= this.#limit || oldest === undefined) return
    this.#carriers.delete(oldest)
    oldest.destroy()
  }

  /** It belongs to a session now. */
  take (carrier: Carrier): void {
    this.#carriers.delete(carrier)
  }

  destroy (): void {
    for (const carrier of this.#carriers) carrier.destroy()
  }
}
