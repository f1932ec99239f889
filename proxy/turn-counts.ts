/** Requests of one app port by where they went. Plain numbers: they are counted on the path of every request. */
export type TurnCount = { app: number, developer: number }

/** The counts of all app ports. */
export class TurnCounts {
  readonly #byPort = new Map<number, TurnCount>()

  /** The same object for the same port, to be counted up. */
  forPort (port: number): TurnCount {
    const found = this.#byPort.get(port)
    if (found !== undefined) return found
    const count = { app: 0, developer: 0 }
    this.#byPort.set(port, count)
    return count
  }

  entries (): Iterable<[port: number, count: TurnCount]> {
    return this.#byPort.entries()
  }
}
