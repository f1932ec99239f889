import { showText } from '../terminal/show-text.ts'
import type { OutputFormat } from '../deps.ts'
import type { Output } from '../terminal/output.ts'

/** Where a line was said. */
export type Speaker = { readonly pod: string, readonly container: string }

export type PrintLine = (speaker: Speaker, time: string, text: string) => void

/** Lines with their pod before them, or one JSON object for each line. */
export function createLinePrinter (output: Output, format: OutputFormat): PrintLine {
  if (format === 'json') {
    return ({ pod, container }, time, text) => {
      output.json({ pod, container, time: time === '' ? null : time, text, entry: parseEntry(text) })
    }
  }
  return ({ pod, container }, _time, text) => { output.result(showText(`[${pod}/${container}] ${text}`)) }
}

/** Our containers log JSON; what the runtime or the supervisor's shell says is no JSON. */
function parseEntry (text: string): object | null {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : null
  } catch {
    return null
  }
}
