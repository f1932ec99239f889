import { parseArgs } from 'node:util'
import { readCount } from '../options.ts'

export const ENVIRONMENTS_HELP = `Usage: npm run bench -- env [options]

Measures what many environments of one workload cost: how soon they are there and gone, what they cost callers without
a header, and what they take of the cluster. Uses the cluster that is up, or brings one up for the run; its nodes must
take two pods for each environment.

  --environments <n>   how many stand at the same time (default 50)
  --at-once <n>        how many are made side by side (default 4)
  --rounds <n>         rounds of what is measured more than once (default 5)
  --seconds <n>        of each measurement (default 3)
  --idle-seconds <n>   how long what idle environments use is watched (default 30)
  --json               print JSON instead of tables
  --out <file>         write the JSON to a file as well
  --help

Progress goes to standard error. Exit codes: 0 measured, whatever the figures say; 1 it could not be measured; 2 bad flag.
`

export type EnvironmentsOptions = {
  readonly environments: number
  readonly atOnce: number
  readonly rounds: number
  readonly seconds: number
  readonly idleSeconds: number
  readonly json: boolean
  readonly help: boolean
  readonly out: string | undefined
}

/** @throws {TypeError} naming the flag and what it may be. */
export function parseEnvironmentsOptions (args: readonly string[]): EnvironmentsOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      environments: { type: 'string', default: '50' },
      'at-once': { type: 'string', default: '4' },
      rounds: { type: 'string', default: '5' },
      seconds: { type: 'string', default: '3' },
      'idle-seconds': { type: 'string', default: '30' },
      json: { type: 'boolean', default: false },
      out: { type: 'string' },
      help: { type: 'boolean', default: false }
    }
  })
  return {
    environments: readCount('--environments', values.environments),
    atOnce: readCount('--at-once', values['at-once']),
    rounds: readCount('--rounds', values.rounds),
    seconds: readCount('--seconds', values.seconds),
    idleSeconds: readCount('--idle-seconds', values['idle-seconds']),
    json: values.json,
    help: values.help,
    out: values.out
  }
}
