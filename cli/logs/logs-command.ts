import type { Command } from 'commander'
import type { CliDeps } from '../deps.ts'
import type { LogsFlags } from '../flags.ts'
import { addLogOptions } from './log-options.ts'

/** Adds `logs`. */
export function addLogsCommand (program: Command, deps: CliDeps): void {
  const command = program.command('logs')
    .summary('show what waylay\'s containers in the pods say')
    .description('Show what waylay\'s own containers in a workload\'s pods say: never a line of the app.')
    .argument('<workload>', 'workload, as name or kind/name')
  addLogOptions(command)
    .addHelpText('after', `
Examples:
  $ waylay logs payments
  $ waylay logs deployment/payments -n shop --since 10m --follow
  $ waylay logs payments --tail 20 --output json

No line holds a header value or a query string. With --output json each line is one JSON object.

Exit codes:
  0 printed, or ended with Ctrl-C   2 wrong arguments   3 missing rights   4 cluster not reachable
  5 there is no such workload, or waylay is not in its pods`)
    .action(async (workload: string, _options: object, command: Command) => {
      const { logs } = await import('./logs.ts')
      await logs(workload, command.optsWithGlobals<LogsFlags>(), deps)
    })
}
