import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { readCount, readNames } from '../options.ts'
import { TUNNEL_ROW_NAMES, type TunnelRowName } from './rows.ts'

export const TUNNEL_HELP = `Usage: npm run bench -- tunnel [options]

Measures what a developer feels: diverted requests beside kubectl port-forward to the same pod, the multiplexer beside
node:http2, and how soon the command line is there. Uses the cluster that is up, or brings one up for the run.

  --only <row>,...     only these rows: ${TUNNEL_ROW_NAMES.join(', ')}
  --rounds <n>         rounds of each row (default 5)
  --seconds <n>        of each measurement (default 3)
  --json               print JSON instead of tables
  --out <file>         write the JSON to a file as well
  --profile <folder>   write CPU profiles of both ends into a folder; the figures then do not count
  --help

Progress goes to standard error. Exit codes: 0 measured, whatever the figures say; 1 it could not be measured; 2 bad flag.
`

export type TunnelOptions = {
  readonly rows: readonly TunnelRowName[]
  readonly rounds: number
  readonly seconds: number
  readonly json: boolean
  readonly help: boolean
  readonly out: string | undefined
  readonly profile: string | undefined
}

/** @throws {TypeError} naming the flag and what it may be. */
export function parseTunnelOptions (args: readonly string[]): TunnelOptions {
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
    rows: readNames('--only', values.only, TUNNEL_ROW_NAMES),
    rounds: readCount('--rounds', values.rounds),
    seconds: readCount('--seconds', values.seconds),
    json: values.json,
    help: values.help,
    out: values.out,
    profile: values.profile === undefined ? undefined : resolve(values.profile)
  }
}
