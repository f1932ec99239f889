/** What has to be undone, in reverse order, however the run ends. */
export class Cleanup {
  readonly #steps: (() => void | Promise<void>)[] = []

  add (step: () => void | Promise<void>): void {
    this.#steps.push(step)
  }

  /** Does every step, also after one that fails. May be called twice. */
  async run (): Promise<void> {
    for (let step = this.#steps.pop(); step !== undefined; step = this.#steps.pop()) {
      try {
        await step()
      } catch (error) {
        process.stderr.write(`bench: could not clean up: ${String(error)}\n`)
      }
    }
  }
}
