/**
 * Counts diverted requests: all of them for people, and for the status those since the object was last taken hold of.
 * Whoever adds up the holders of an object would count the earlier ones twice.
 */
export class DivertedCount {
  #all = 0
  #told = 0
  #before = 0

  add (): void {
    this.#all++
  }

  get all (): number {
    return this.#all
  }

  /** For a status that is about to be written. */
  tell (): number {
    this.#told = this.#all
    return this.#all - this.#before
  }

  /**
   * The object is held anew. What no status has told yet, the next one tells; one that was lost on its way may have
   * been read, and a count that is too low harms less than one that is too high.
   */
  heldAnew (): void {
    this.#before = this.#told
  }
}
