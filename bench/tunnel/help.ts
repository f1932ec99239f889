import { TUNNEL_ROW_NAMES } from './rows.ts'

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
