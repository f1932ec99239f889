import type { Command } from 'commander'
import type { CliDeps } from '../../deps.ts'
import type { EnvironmentLogsFlags } from '../../flags.ts'
import { addLogOptions } from '../../logs/log-options.ts'
import { refuseFlagsOfAbove } from '../../stray-flags.ts'

/** Adds `env logs`. */
export function addEnvironmentLogsCommand (env: Command, deps: CliDeps): void {
  const command = env.command('logs')
    .summary('show what the copies of an ephemeral environment say')
    .description('Show what the containers of an environment\'s copies say, with what a crashed one said before its restart.')
    .argument('<environment>', 'its name')
    .option('--workload <workload>', 'only the copy of this workload, as name or kind/name')
    .option('--companion', 'what its companion says instead: the pod that holds the intercepts')
  addLogOptions(command)
    .addHelpText('after', `
Examples:
  $ waylay env logs pr-123 --follow
  $ waylay env logs pr-123 --workload payments --since 10m --output json
  $ waylay env logs pr-123 --companion

Exit codes:
  0 printed, or ended with Ctrl-C   2 wrong arguments   3 missing rights   4 cluster not reachable
  5 there is no such environment or workload in it, or it has no pods`)
    .action(async (name: string, _options: object, command: Command) => {
      refuseFlagsOfAbove(command, ['output'])
      const { environmentLogs } = await import('./logs.ts')
      await environmentLogs(name, command.optsWithGlobals<EnvironmentLogsFlags>(), deps)
    })
}
