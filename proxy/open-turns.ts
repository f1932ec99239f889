/** The turns of one route that a developer answers now. */
export class OpenTurns {
  #count = 0
  #onNone: (() => void) | undefined

  begin (): void {
    this.#count++
  }

  end (): void {
    if (--this.#count === 0) this.#onNone?.()
  }

  /** Resolves when none is open, or after `limitMs`: a developer may sit at a breakpoint. Asked once. */
  async none (limitMs: number): Promise<void> {
    if (this.#count === 0) return
    await new Promise<void>(resolve => {
      const timer = setTimeout(resolve, limitMs)
      this.#onNone = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }
}
