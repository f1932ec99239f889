/**
 * Counts diverted requests: all of them for people, and for the status those since the object was last taken hold of.
 * Whoever adds up the holders of an object would count the earlier ones twice.
 */
export class DivertedCount {
  #all = 0
  #written = 0
  #before = 0

  add (): void {
    this.#all++
  }

  get all (): number {
    return this.#all
  }

  /** For the status. */
  get sinceHeld (): number {
    return this.#all - this.#before
  }

  /** A status with this many was written. */
  wrote (sinceHeld: number): void {
    this.#written = this.#before + sinceHeld
  }

  /** The object is held anew. What no status has told yet, the next one tells. */
  heldAnew (): void {
    this.#before = this.#written
  }
}
