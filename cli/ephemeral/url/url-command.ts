import type { Command } from 'commander'
import type { CliDeps } from '../../deps.ts'
import type { EnvironmentUrlFlags } from '../../flags.ts'
import { outputOption } from '../../output-option.ts'
import { refuseFlagsOfAbove } from '../../stray-flags.ts'

/** Adds `env url`. */
export function addEnvironmentUrlCommand (env: Command, deps: CliDeps): void {
  env.command('url')
    .summary('show what leads to an ephemeral environment')
    .description('Show the header that leads to an environment, where to send it, and a link for browsers where the ' +
      'cluster has a preview gateway and the namespace allows previews. The link is the same each time.')
    .argument('<environment>', 'its name')
    .option('--service <name>', 'Service that the link leads to, instead of the one in front of the first workload')
    .addOption(outputOption())
    .addHelpText('after', `
Examples:
  $ waylay env url pr-123
  $ waylay env url pr-123 --service frontend --output json

Exit codes:
  0 done, also without a link   2 wrong arguments   3 missing rights   4 cluster not reachable
  5 there is no such environment, or no such Service`)
    .action(async (name: string, _options: object, command: Command) => {
      refuseFlagsOfAbove(command, ['output'])
      const { environmentUrl } = await import('./url.ts')
      await environmentUrl(name, command.optsWithGlobals<EnvironmentUrlFlags>(), deps)
    })
}
