import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { readCount, readNames } from '../options.ts'
import { WEBHOOK_ROW_NAMES, type WebhookRowName } from './rows.ts'

export const WEBHOOK_HELP = `Usage: npm run bench -- webhook [options]

Measures what the injection costs: the webhook's answers, how much later a pod is ready, and how large the images are.
Uses the cluster that is up, or brings one up for the run.

  --only <row>,...     only these rows: ${WEBHOOK_ROW_NAMES.join(', ')}
  --rounds <n>         rounds of the rows of admissions (default 5)
  --seconds <n>        of each of their measurements (default 5)
  --pods <n>           of each kind, for the row of readiness (default 30)
  --json               print JSON instead of tables
  --out <file>         write the JSON to a file as well
  --profile <folder>   write a CPU profile of the webhook into a folder; the figures then do not count
  --help

Progress goes to standard error. Exit codes: 0 measured, whatever the figures say; 1 it could not be measured; 2 bad flag.
`

export type WebhookOptions = {
  readonly rows: readonly WebhookRowName[]
  readonly rounds: number
  readonly seconds: number
  readonly pods: number
  readonly json: boolean
  readonly help: boolean
  readonly out: string | undefined
  readonly profile: string | undefined
}

/** @throws {TypeError} naming the flag and what it may be. */
export function parseWebhookOptions (args: readonly string[]): WebhookOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: 'string' },
      rounds: { type: 'string', default: '5' },
      seconds: { type: 'string', default: '5' },
      pods: { type: 'string', default: '30' },
      json: { type: 'boolean', default: false },
      out: { type: 'string' },
      profile: { type: 'string' },
      help: { type: 'boolean', default: false }
    }
  })
  return {
    rows: readNames('--only', values.only, WEBHOOK_ROW_NAMES),
    rounds: readCount('--rounds', values.rounds),
    seconds: readCount('--seconds', values.seconds),
    pods: readCount('--pods', values.pods),
    json: values.json,
    help: values.help,
    out: values.out,
    profile: values.profile === undefined ? undefined : resolve(values.profile)
  }
}
