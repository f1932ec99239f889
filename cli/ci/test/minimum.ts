import { WaylayError } from '../../../common/errors.ts'
import type { Count, Counted } from './count.ts'

/** `--min-matches`: of all together, or of one workload. */
export type Minimum = { readonly workload?: string, readonly requests: number }

/** What is asked of the counts, and of which. */
export type Judged = {
  /** Undefined: of all together. */
  readonly counted: Count | undefined
  readonly requests: number
  readonly wanted: number
}

const DEFAULT_REQUESTS = 1

/** @throws {WaylayError} `WAYLAY_USAGE`. */
export function parseMinimum (text: string): Minimum {
  const [, workload, digits = ''] = /^(?:(.+)=)?(\d{1,9})$/.exec(text) ?? []
  if (digits !== '') return { ...(workload !== undefined && { workload }), requests: Number(digits) }
  throw new WaylayError('WAYLAY_USAGE', `Cannot read --min-matches ${text}: that is no number of requests`,
    { hint: 'Write --min-matches 3 for all together, --min-matches payments=3 for one workload, 0 for no check.' })
}

/**
 * What each minimum says of the counts; without one for all together that is 1.
 *
 * @throws {WaylayError} `WAYLAY_USAGE` for a workload that is not among them.
 */
export function judge (counts: readonly Count[], minimums: readonly Minimum[]): readonly Judged[] {
  checkMinimums(counts, minimums)
  const sum = counts.reduce((total, { requests }) => total + requests, 0)
  const whole = minimums.findLast(({ workload }) => workload === undefined)?.requests ?? DEFAULT_REQUESTS
  return [
    ...counts.map(counted => ({ counted, requests: counted.requests, wanted: wantedOf(counted, minimums) })),
    { counted: undefined, requests: sum, wanted: whole }
  ]
}

/** @throws {WaylayError} as `judge`. */
export function checkMinimums (all: readonly Counted[], minimums: readonly Minimum[]): void {
  const unknown = minimums.find(({ workload }) => workload !== undefined && !all.some(one => isOf(one, workload)))
  if (unknown === undefined) return
  throw new WaylayError('WAYLAY_USAGE', `--min-matches ${unknown.workload}=${unknown.requests} names no workload that is counted`,
    { hint: `Those are: ${[...new Set(all.map(({ workload }) => workload))].join(', ')}` })
}

export function isEnough (judged: readonly Judged[]): boolean {
  return judged.every(({ requests, wanted }) => requests >= wanted)
}

function wantedOf (counted: Counted, minimums: readonly Minimum[]): number {
  return minimums.findLast(({ workload }) => workload !== undefined && isOf(counted, workload))?.requests ?? 0
}

function isOf ({ workload }: Counted, name: string): boolean {
  return workload === name || workload.split('/')[1] === name
}
