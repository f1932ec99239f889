import { parseArgs } from 'node:util'

/** What the demo was asked for. */
export type DemoFlags = {
  readonly once: boolean
  readonly json: boolean
  readonly keep: boolean
  readonly help: boolean
}

export const USAGE = `Usage: npm run demo [-- <flags>]

Brings a cluster up (or uses the one that is up), installs waylay and a shop of three services, and lets this machine
answer its own requests to two of them. Stays until Ctrl-C, then removes what it made.

  --once   send the requests, print who answered, clean up and end
  --json   the last line on stdout is the result as JSON; everything else goes to stderr (with --once)
  --keep   leave the cluster, waylay and the shop behind for a closer look
  --help   print this

WAYLAY_CLUSTER chooses the cluster: bare, kind, or existing:<kubeconfig>[#context].
Exit codes: 0 the requests were answered as they should be   1 they were not, or something failed   2 unknown flag`

/** @throws {Error} Naming the flag that does not exist. */
export function parseFlags (args: readonly string[]): DemoFlags {
  const { values } = parseArgs({
    args: [...args],
    options: {
      once: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      keep: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false }
    }
  })
  // JSON is for programs, and a program has no Ctrl-C to press.
  return { ...values, once: values.once || values.json }
}
