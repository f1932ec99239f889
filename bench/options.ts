import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { ROW_NAMES, type RowName } from './row-names.ts'
import { SIDE_NAMES, type SideName } from './sides/side.ts'

export const HELP = `Usage: npm run bench -- [options]
       npm run bench -- tunnel [options]      what a developer feels, beside kubectl port-forward; see tunnel --help
       npm run bench -- preview [options]     what a preview on the developer's machine costs; see preview --help
       npm run bench -- webhook [options]     what the injection costs; see webhook --help
       npm run bench -- env [options]         what many environments cost; see env --help

Measures waylay beside other proxies: same app, same load, same run, in network namespaces of its own. Needs Linux and
root; installs what is missing (nginx, haproxy, wrk, h2load, iptables).

  --only <row>,...     only these rows: ${ROW_NAMES.join(', ')}
  --sides <side>,...   only these sides: ${SIDE_NAMES.join(', ')}
  --rounds <n>         rounds of each row (default 5)
  --seconds <n>        of each measurement (default 3)
  --json               print JSON instead of tables
  --out <file>         write the JSON to a file as well
  --profile <folder>   write a CPU profile of each waylay proxy into a folder; its figures then do not count
  --help

Progress goes to standard error. Exit codes: 0 measured, whatever the figures say; 1 it could not be measured; 2 bad flag.
`

export type Options = {
  readonly rows: readonly RowName[]
  readonly sides: readonly SideName[]
  readonly rounds: number
  readonly seconds: number
  readonly json: boolean
  readonly help: boolean
  readonly out: string | undefined
  readonly profile: string | undefined
}

/** @throws {TypeError} naming the flag and what it may be. */
export function parseOptions (args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: 'string' },
      sides: { type: 'string' },
      rounds: { type: 'string', default: '5' },
      seconds: { type: 'string', default: '3' },
      json: { type: 'boolean', default: false },
      out: { type: 'string' },
      profile: { type: 'string' },
      help: { type: 'boolean', default: false }
    }
  })
  return {
    rows: readNames('--only', values.only, ROW_NAMES),
    sides: readNames('--sides', values.sides, SIDE_NAMES),
    rounds: readCount('--rounds', values.rounds),
    seconds: readCount('--seconds', values.seconds),
    json: values.json,
    help: values.help,
    out: values.out,
    profile: values.profile === undefined ? undefined : resolve(values.profile)
  }
}

/** Names from a list between commas, in the order of `known`. @throws {TypeError} */
export function readNames<T extends string> (
  flag: string, text: string | undefined, known: readonly T[]
): readonly T[] {
  if (text === undefined) return known
  const wanted = text.split(',')
  const unknown = wanted.find(name => !known.some(one => one === name))
  if (unknown !== undefined) throw new TypeError(`${flag}: there is no "${unknown}". There are: ${known.join(', ')}`)
  return known.filter(name => wanted.includes(name))
}

/** @throws {TypeError} */
export function readCount (flag: string, text: string): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 1 || value > 1000) {
    throw new TypeError(`${flag}: "${text}" is not a number from 1 to 1000`)
  }
  return value
}
