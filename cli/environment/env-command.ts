import { Option, type Command } from 'commander'
import type { CliDeps } from '../deps.ts'
import { addEnvironmentDownCommand } from '../ephemeral/down/down-command.ts'
import { addEnvironmentExtendCommand } from '../ephemeral/extend/extend-command.ts'
import { addEnvironmentListCommand } from '../ephemeral/list/list-command.ts'
import { addEnvironmentLogsCommand } from '../ephemeral/logs/logs-command.ts'
import { addEnvironmentUrlCommand } from '../ephemeral/url/url-command.ts'
import { addUpCommand } from '../ephemeral/up/up-command.ts'
import { containerOption, excludeOption } from './environment-flags.ts'
import { LINE_FORMATS } from './formats.ts'
import type { EnvFlags } from '../flags.ts'

const FORMATS = [...LINE_FORMATS, 'json'] as const

/** Adds `env`, and the commands of environments below it. */
export function addEnvCommand (program: Command, deps: CliDeps, setExitCode: (code: number) => void): void {
  const env = program.command('env')
    .summary('print the environment of a workload\'s pod; make and end environments for pull requests')
    .description('Print the environment of a workload\'s newest pod, as its container sees it. Secrets are hidden unless you ask for them.\n' +
      'The commands below it make and end environments in which workloads have versions of their own.')
    .argument('<workload>', 'workload or Service, as name or kind/name')
    .addOption(new Option('--format <format>', 'what is to read it').choices(FORMATS).default('compose'))
    .addOption(new Option('-o, --output <format>', 'json: the same as --format json').choices(['text', 'json']))
    .addOption(containerOption())
    .addOption(excludeOption())
    .option('--show-secrets', 'print the values of Secrets, and what looks like one, too')
    .helpCommand(false)
    .addHelpText('after', HELP)
    .action(async (workload: string, _options: object, command: Command) => {
      const { printEnv } = await import('./env.ts')
      await printEnv(workload, command.optsWithGlobals<EnvFlags>(), deps)
    })
  addUpCommand(env, deps)
  addEnvironmentDownCommand(env, deps, setExitCode)
  addEnvironmentListCommand(env, deps)
  addEnvironmentExtendCommand(env, deps)
  addEnvironmentLogsCommand(env, deps)
  addEnvironmentUrlCommand(env, deps)
  const help = { showGlobalOptions: true, visibleGlobalOptions: () => [...program.options] }
  for (const command of env.commands) command.configureHelp(help)
}

const HELP = `
Examples:
  $ waylay env payments
  $ waylay env payments --show-secrets --format docker > app.env
  $ eval "$(waylay env deployment/payments -n shop --show-secrets --format sh)"
  $ waylay env service/payments --container worker --output json

A workload that is called like one of the commands below env: waylay env deployment/list

Exit codes:
  0 done   2 wrong arguments, or a value that the format cannot hold   3 missing rights   4 cluster not reachable
  5 no such workload, pod or container, or a value that cannot be known`
