import type { Command } from 'commander'
import { WaylayError } from '../../../common/errors.ts'
import { ENVIRONMENT_TTL } from '../../../environments/ttl.ts'
import type { CliDeps } from '../../deps.ts'
import { parseDuration } from '../../duration.ts'
import type { EnvironmentExtendFlags } from '../../flags.ts'
import { outputOption } from '../../output-option.ts'
import { refuseFlagsOfAbove } from '../../stray-flags.ts'

/** Adds `env extend`. */
export function addEnvironmentExtendCommand (env: Command, deps: CliDeps): void {
  env.command('extend')
    .summary('let an ephemeral environment live longer')
    .description('Set when an ephemeral environment expires, counted from now by the API server\'s clock. One that lives longer already stays as it is.')
    .argument('<environment>', 'its name')
    .option('--ttl <duration>', 'how long it lives from now: 30m, 2h, 7d', parseTtl, ENVIRONMENT_TTL.defaultMs)
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

function parseTtl (text: string): number {
  const ms = parseDuration(text, '--ttl')
  if (ms >= ENVIRONMENT_TTL.minMs && ms <= ENVIRONMENT_TTL.maxMs) return ms
  throw new WaylayError('WAYLAY_USAGE', `Cannot use --ttl ${text}: an environment lives from 10s to 30d`,
    { hint: 'Write for example --ttl 2h. Run the same command again to renew it.' })
}
