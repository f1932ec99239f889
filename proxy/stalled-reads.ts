/** Something whose peer may vanish unseen, because nobody reads from it. */
export type Stallable = {
  /** Reads once, a little. */
  readLittle (): void
}

/** How often a paused socket is read from. */
const INTERVAL_MS = 1000

/**
 * Paused sockets. The kernel tells of a reset only to those who read, so each is read from once a second; else a caller
 * who is gone would be waited for as long as a developer sits at a breakpoint.
 */
export class StalledReads {
  /** Paused since before the last tick, and since after it. */
  #old = new Set<Stallable>()
  #new = new Set<Stallable>()
  #timer: NodeJS.Timeout | undefined

  add (stallable: Stallable): void {
    this.#new.add(stallable)
    this.#timer ??= setInterval(() => this.#tick(), INTERVAL_MS).unref()
  }

  delete (stallable: Stallable): void {
    if (!this.#new.delete(stallable)) this.#old.delete(stallable)
  }

  #tick (): void {
    for (const stallable of this.#old) stallable.readLittle()
    for (const stallable of this.#new) this.#old.add(stallable)
    this.#new.clear()
    if (this.#old.size > 0) return
    clearInterval(this.#timer)
    this.#timer = undefined
  }
}
