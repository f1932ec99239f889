import type { Command } from 'commander'
import type { CliDeps } from '../deps.ts'
import type { CollectFlags } from '../flags.ts'

/** Adds `collect`. */
export function addCollectCommand (program: Command, deps: CliDeps): void {
  program.command('collect')
    .summary('make an archive for a bug report')
    .description('Collect versions, the diagnosis, waylay\'s logs and objects of a namespace into one file, with everything secret taken out.')
    .argument('[workload]', 'workload, as name or kind/name; without it all injected pods of the namespace')
    .option('--file <file>', 'file to write; it must not be there yet', 'waylay-report.tar.gz')
    .addHelpText('after', `
Examples:
  $ waylay collect
  $ waylay collect payments -n shop --file report.tar.gz

In it are: versions, the output of doctor, Intercepts, the state and logs of waylay's own containers, its annotations,
logs of the webhook where you may read them, events about those containers. Never in it: header values, tickets, keys,
Secrets, anything of the app's own (environment, logs, events), kubeconfig. Names of people, machines, pods and
workloads are in it: look before you send it.

Exit codes:
  0 written, also when something could not be read   2 wrong arguments   3 missing rights   4 cluster not reachable
  5 there is no such workload`)
    .action(async (workload: string | undefined, _options: object, command: Command) => {
      const { collect } = await import('./collect.ts')
      await collect(workload, command.optsWithGlobals<CollectFlags>(), deps)
    })
}
