import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { readCount, readNames } from './options.ts'

/** What a bench on the cluster is asked for. */
export type LabOptions<Name extends string> = {
  readonly rows: readonly Name[]
  readonly rounds: number
  readonly seconds: number
  readonly json: boolean
  readonly help: boolean
  readonly out: string | undefined
  readonly profile: string | undefined
}

/**
 * @param rowNames the rows that there are.
 * @throws {TypeError} naming the flag and what it may be.
 */
export function parseLabOptions<Name extends string> (
  args: readonly string[], rowNames: readonly Name[]
): LabOptions<Name> {
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
    rows: readNames('--only', values.only, rowNames),
    rounds: readCount('--rounds', values.rounds),
    seconds: readCount('--seconds', values.seconds),
    json: values.json,
    help: values.help,
    out: values.out,
    profile: values.profile === undefined ? undefined : resolve(values.profile)
  }
}
