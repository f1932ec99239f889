import type { OutputFormat } from '../deps.ts'
import type { Output } from '../terminal/output.ts'

/** Prints one line that a program of the file said. */
export type PrintLine = (name: string, line: string) => void

/** As docker compose does: the name before each line, or one JSON object for each. */
export function createLinePrinter (output: Output, format: OutputFormat, names: readonly string[]): PrintLine {
  if (format === 'json') return (name, text) => { output.json({ event: 'output', name, text }) }
  const width = Math.max(...names.map(name => name.length))
  return (name, text) => { output.result(`${name.padEnd(width)} | ${text}`) }
}
