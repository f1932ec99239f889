import { Option, type Command } from 'commander'
import type { CliDeps } from '../deps.ts'
import { containerOption, excludeOption } from './environment-flags.ts'
import { LINE_FORMATS } from './formats.ts'
import type { EnvFlags } from '../flags.ts'

const FORMATS = [...LINE_FORMATS, 'json'] as const

/** Adds `env`. */
export function addEnvCommand (program: Command, deps: CliDeps): void {
  program.command('env')
    .summary('print the environment of a workload\'s pod')
    .description('Print the environment of a workload\'s newest pod, as its container sees it. Secrets are hidden unless you ask for them.')
    .argument('<workload>', 'workload or Service, as name or kind/name')
    .addOption(new Option('--format <format>', 'what is to read it').choices(FORMATS).default('compose'))
    .addOption(new Option('-o, --output <format>', 'json: the same as --format json').choices(['text', 'json']))
    .addOption(containerOption())
    .addOption(excludeOption())
    .option('--show-secrets', 'print the values of Secrets, and what looks like one, too')
    .addHelpText('after', `
Examples:
  $ waylay env payments
  $ waylay env payments --show-secrets --format docker > app.env
  $ eval "$(waylay env deployment/payments -n shop --show-secrets --format sh)"
  $ waylay env service/payments --container worker --output json

Exit codes:
  0 done   2 wrong arguments, or a value that the format cannot hold   3 missing rights   4 cluster not reachable
  5 no such workload, pod or container, or a value that cannot be known`)
    .action(async (workload: string, _options: object, command: Command) => {
      const { printEnv } = await import('./env.ts')
      await printEnv(workload, command.optsWithGlobals<EnvFlags>(), deps)
    })
}
