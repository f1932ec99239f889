/** More streams than a caller closes while a frame of it is under way. */
const MAX_IDS = 1024

/**
 * Ids of diverted streams that are over. Frames for them may still come, and must not reach the app, for which these
 * streams never were.
 */
export class ClosedIds {
  readonly #ids = new Set<number>()

  has (streamId: number): boolean {
    return this.#ids.has(streamId)
  }

  add (streamId: number): void {
    this.#ids.add(streamId)
    if (this.#ids.size <= MAX_IDS) return
    const [oldest] = this.#ids
    if (oldest !== undefined) this.#ids.delete(oldest)
  }
}
