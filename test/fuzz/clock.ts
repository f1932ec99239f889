/** Numbers the events of one case, so that it is known which came first; also tells when nothing happens any more. */
export class Clock {
  #events = 0
  #busy = 0

  /** Something happened now. */
  tick (): number {
    return ++this.#events
  }

  get now (): number {
    return this.#events
  }

  /** A program is about to do something later. */
  begin (): void {
    this.#busy++
  }

  done (): void {
    this.#busy--
    this.#events++
  }

  /** Waits until nothing has happened for a moment. */
  async quiet (isOver: () => boolean): Promise<void> {
    for (let still = 0, seen = -1; still < 4 && !isOver();) {
      await pause(8)
      still = seen === this.#events && this.#busy === 0 ? still + 1 : 0
      seen = this.#events
    }
  }
}

export async function pause (ms: number): Promise<void> {
  await new Promise(resolve => setTimeout(resolve, ms))
}
