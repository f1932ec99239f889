import type { Command } from 'commander'
import type { CliDeps } from '../../deps.ts'
import type { EnvironmentListFlags } from '../../flags.ts'
import { outputOption } from '../../output-option.ts'
import { refuseFlagsOfAbove } from '../../stray-flags.ts'

/** Adds `env list`. */
export function addEnvironmentListCommand (env: Command, deps: CliDeps): void {
  env.command('list')
    .summary('show the ephemeral environments there are')
    .description('Show the ephemeral environments of the namespace: what leads to each, whose it is, when it ends.')
    .option('-A, --all-namespaces', 'in all namespaces that you may see')
    .addOption(outputOption())
    .addHelpText('after', `
Examples:
  $ waylay env list
  $ waylay env list --all-namespaces --output json

REQUESTS are those sent to its copies since its companion last took hold; "-" where you may not list intercepts.

Exit codes:
  0 done, also when there is none   3 missing rights   4 cluster not reachable, or waylay not installed`)
    .action(async (_options: object, command: Command) => {
      refuseFlagsOfAbove(command, ['output'])
      const { listEnvironmentsOf } = await import('./list.ts')
      await listEnvironmentsOf(command.optsWithGlobals<EnvironmentListFlags>(), deps)
    })
}
