import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { readCount, readNames } from '../options.ts'
import { PREVIEW_ROW_NAMES, type PreviewRowName } from './rows.ts'

export const PREVIEW_HELP = `Usage: npm run bench -- preview [options]

Measures the listener of waylay preview beside kubectl port-forward to the same pod. Uses the cluster that is up, or
brings one up for the run.

  --only <row>,...     only these rows: ${PREVIEW_ROW_NAMES.join(', ')}
  --rounds <n>         rounds of each row (default 5)
  --seconds <n>        of each measurement (default 3)
  --json               print JSON instead of tables
  --out <file>         write the JSON to a file as well
  --profile <folder>   write a CPU profile of waylay preview into a folder; the figures then do not count
  --help

Progress goes to standard error. Exit codes: 0 measured, whatever the figures say; 1 it could not be measured; 2 bad flag.
`

export type PreviewOptions = {
  readonly rows: readonly PreviewRowName[]
  readonly rounds: number
  readonly seconds: number
  readonly json: boolean
  readonly help: boolean
  readonly out: string | undefined
  readonly profile: string | undefined
}

/** @throws {TypeError} naming the flag and what it may be. */
export function parsePreviewOptions (args: readonly string[]): PreviewOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: 'string' },
      rounds: { type: 'string', default: '5' },
      seconds: { type: 'string', default: '3' },
      json: { type: 'boolean', default: false },
      out: { type: 'string' },
      profile: { type: 'string' },
      help: { type: 'boolean', default: false }
    }
  })
  return {
    rows: readNames('--only', values.only, PREVIEW_ROW_NAMES),
    rounds: readCount('--rounds', values.rounds),
    seconds: readCount('--seconds', values.seconds),
    json: values.json,
    help: values.help,
    out: values.out,
    profile: values.profile === undefined ? undefined : resolve(values.profile)
  }
}
