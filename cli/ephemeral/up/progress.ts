import { showText } from '../../terminal/show-text.ts'

/** Tells people how far it is. What it is told may be anybody's words. */
export type Progress = {
  /** Something is done: with the seconds since the beginning. */
  readonly step: (text: string) => void
  /** Something they should know. */
  readonly note: (text: string) => void
  readonly elapsedMs: () => number
}

export function createProgress (print: (line: string) => void): Progress {
  const startedMs = performance.now()
  const elapsedMs = (): number => Math.round(performance.now() - startedMs)
  return {
    step: text => { print(showText(`${(elapsedMs() / 1000).toFixed(1).padStart(5)} s  ${text}`)) },
    note: text => { print(showText(text)) },
    elapsedMs
  }
}
