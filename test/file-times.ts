/**
 * How long each test file took, told by the titles of the tests as they end. Right where one file runs at a time: what
 * passes between two titles belongs to the file of the second.
 */
export class FileTimes {
  readonly #ms = new Map<string, number>()
  #sinceMs: number

  constructor (startedMs: number) {
    this.#sinceMs = startedMs
  }

  /** A title of AVA's, which begins with its file where several ran. */
  ended (title: string, nowMs: number): void {
    const [file = title] = title.split(' › ')
    this.#ms.set(file, (this.#ms.get(file) ?? 0) + nowMs - this.#sinceMs)
    this.#sinceMs = nowMs
  }

  /** Lines to print, the slowest file first. */
  lines (): readonly string[] {
    return [...this.#ms].sort(([, one], [, other]) => other - one)
      .map(([file, ms]) => `${(ms / 1000).toFixed(0).padStart(5)} s  ${file}`)
  }
}
