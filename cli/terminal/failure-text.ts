import { WaylayError } from '../../common/errors.ts'
import { EXIT_CODES, FAILURES } from '../../common/failures.ts'
import { showText } from './show-text.ts'

/** What failed, what to type next, and the code; with `verbose` also where, down to the first cause. */
export function describeFailure (failure: WaylayError, verbose: boolean): string {
  const lines = [
    showLines(failure.message),
    `  Try:   ${showLines(failure.hint)}`,
    `  Code:  ${failure.code}   (see docs/errors.md)`
  ]
  return verbose ? [...lines, '', ...stacks(failure)].join('\n') : lines.join('\n')
}

// 127 and more mean something to shells; below 120 are the codes that programs use.
const BESIDE_COMMAND = 119

/**
 * The exit code of the failure's class.
 *
 * @param besideCommand a program of the developer's was to run, whose exit codes are its own.
 */
export function exitCodeOf (failure: WaylayError, besideCommand: boolean): number {
  return EXIT_CODES[FAILURES[failure.code].class] + (besideCommand ? BESIDE_COMMAND : 0)
}

/** What clusters and pods say of themselves is text of others too. */
function showLines (text: string): string {
  return text.split('\n').map(showText).join('\n')
}

function stacks (error: unknown): string[] {
  if (!(error instanceof Error)) return error === undefined ? [] : [JSON.stringify(error)]
  const own = error.stack ?? error.message
  const inner = error instanceof AggregateError ? error.errors.flatMap(stacks) : []
  return [own, ...inner, ...stacks(error.cause)]
}
