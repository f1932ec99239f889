import type { Command } from 'commander'
import { DEFAULT_TTL } from '../../../environments/ttl.ts'
import type { CliDeps } from '../../deps.ts'
import { durationOption } from '../../duration-option.ts'
import type { EnvironmentExtendFlags } from '../../flags.ts'
import { outputOption } from '../../output-option.ts'
import { refuseFlagsOfAbove } from '../../stray-flags.ts'
import { parseEnvironmentTtl } from '../ttl.ts'

/** Adds `env extend`. */
export function addEnvironmentExtendCommand (env: Command, deps: CliDeps): void {
  env.command('extend')
    .summary('let an ephemeral environment live longer')
    .description('Set when an ephemeral environment expires, counted from now by the API server\'s clock. One that lives longer already stays as it is.')
    .argument('<environment>', 'its name')
    .addOption(durationOption('--ttl <duration>', 'how long it lives from now: 30m, 2h, 7d', DEFAULT_TTL, parseEnvironmentTtl))
    .option('--shorten', 'also where it ends sooner that way')
    .addOption(outputOption())
    .addHelpText('after', `
Examples:
  $ waylay env extend pr-123 --ttl 2h
  $ waylay env extend pr-123 --ttl 10m --shorten

Exit codes:
  0 done, also when it lives longer already   2 wrong arguments, or longer than its namespace allows   3 missing rights
  4 cluster not reachable   5 there is no such environment`)
    .action(async (name: string, _options: object, command: Command) => {
      refuseFlagsOfAbove(command, ['output'])
      const { extend } = await import('./extend.ts')
      await extend(name, command.optsWithGlobals<EnvironmentExtendFlags>(), deps)
    })
}
