/** Where a command's words go: results to stdout, everything for a person beside them to stderr. */
export type Output = {
  /** A line of the result. */
  readonly result: (line: string) => void
  /** One JSON line of the result, for programs. */
  readonly json: (value: unknown) => void
  /** Progress, hints, warnings. */
  readonly note: (line: string) => void
}

type Writable = { readonly write: (text: string) => unknown }

/**
 * Lines that come together are written together, in their order: a write to a terminal or a pipe holds everything up,
 * and with many requests a second there would be two for each.
 */
class Lines {
  #waiting: { readonly to: Writable, text: string }[] = []

  add (to: Writable, line: string): void {
    const last = this.#waiting.at(-1)
    if (this.#waiting.length === 0) setImmediate(() => { this.flush() })
    if (last?.to === to) last.text += `${line}\n`
    else this.#waiting.push({ to, text: `${line}\n` })
  }

  flush (): void {
    for (const { to, text } of this.#waiting.splice(0)) to.write(text)
  }
}

const lines = new Lines()
// Also for a process that is ended at once.
process.on('exit', () => { lines.flush() })

/** Prints on the process's own stdout and stderr. The one file of the CLI that prints. */
export const consoleOutput: Output = {
  result: line => { lines.add(process.stdout, line) },
  json: value => { lines.add(process.stdout, JSON.stringify(value)) },
  note: line => { lines.add(process.stderr, line) }
}
