/**
 * Lets the wishes of one command take from others only when nothing else can fail any more: all or nothing must not
 * mean that a colleague lost their intercept for nothing.
 */
export class TakeOverTurn {
  #open: number
  #isFailed = false
  readonly #waiting: (() => void)[] = []

  /** @param count wishes that are held at the same time. */
  constructor (count: number) {
    this.#open = count
  }

  /** One of them holds its object, or failed. */
  settle (isHeld: boolean): void {
    this.#open--
    if (!isHeld) this.#isFailed = true
    this.#advance()
  }

  /** Resolves when all others hold theirs or wait like this one; one at a time. False: one of them has failed. */
  async wait (): Promise<boolean> {
    await new Promise<void>(resolve => {
      this.#waiting.push(resolve)
      this.#advance()
    })
    return !this.#isFailed
  }

  #advance (): void {
    if (this.#isFailed) for (const go of this.#waiting.splice(0)) go()
    // The one that goes is still open: it settles before the next one's turn.
    else if (this.#waiting.length > 0 && this.#waiting.length === this.#open) this.#waiting.shift()?.()
  }
}
