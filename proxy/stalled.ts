/** Something that is not read from, so that its peer may vanish unseen. */
export type Stallable = {
  /** Finds out whether the peer is still there. */
  checkPeer (): void
}

const INTERVAL_MS = 1000

/**
 * What is paused. The kernel tells of a reset only to those who read, so each is checked once a second; else a caller
 * who is gone would be held for as long as a developer sits at a breakpoint.
 */
export class Stalled {
  readonly #paused = new Set<Stallable>()
  #timer: NodeJS.Timeout | undefined

  add (stallable: Stallable): void {
    this.#paused.add(stallable)
    this.#timer ??= setInterval(() => this.#tick(), INTERVAL_MS).unref()
  }

  delete (stallable: Stallable): void {
    this.#paused.delete(stallable)
  }

  #tick (): void {
    for (const stallable of this.#paused) stallable.checkPeer()
    if (this.#paused.size > 0) return
    clearInterval(this.#timer)
    this.#timer = undefined
  }
}
