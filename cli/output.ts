/** Where a command's words go: results to stdout, everything for a person beside them to stderr. */
export type Output = {
  /** A line of the result. */
  readonly result: (line: string) => void
  /** One JSON line of the result, for programs. */
  readonly json: (value: unknown) => void
  /** Progress, hints, warnings. */
  readonly note: (line: string) => void
}

/** Prints on the process's own stdout and stderr. The one file of the CLI that prints. */
export const consoleOutput: Output = {
  result: line => { console.log(line) },
  json: value => { console.log(JSON.stringify(value)) },
  note: line => { console.error(line) }
}
