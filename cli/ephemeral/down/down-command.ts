import type { Command } from 'commander'
import type { CliDeps } from '../../deps.ts'
import { durationOption } from '../../duration-option.ts'
import type { EnvironmentDownFlags } from '../../flags.ts'
import { outputOption } from '../../output-option.ts'
import { refuseFlagsOfAbove } from '../../stray-flags.ts'

/** Adds `env down`. */
export function addEnvironmentDownCommand (
  env: Command, deps: CliDeps, setExitCode: (code: number) => void
): void {
  env.command('down')
    .summary('remove an ephemeral environment')
    .description('Remove ephemeral environments with everything they are made of. Their requests go to the originals ' +
      'again first, so nobody notices. One that is not there is removed already.')
    .argument('[environments...]', 'their names')
    .option('--all', 'all in the namespace, whoever made them')
    .option('-A, --all-namespaces', 'with --all: in every namespace in which you may see and delete them')
    .option('--no-wait', 'be back when requests go to the originals again and the removal has begun')
    .addOption(durationOption('--timeout <duration>', 'how long to wait for each until all of it is gone', '5m'))
    .addOption(outputOption())
    .addHelpText('after', `
Examples:
  $ waylay env down pr-123
  $ waylay env down pr-123 pr-124 -n shop --output json
  $ waylay env down --all

A workload that is called "down": waylay env deployment/down

Exit codes:
  0 gone, also when it was before   2 wrong arguments   3 missing rights   4 cluster not reachable
  5 something of it does not go   130 stopped with Ctrl-C: what is deleted stays deleted`)
    .action(async (names: readonly string[], _options: object, command: Command) => {
      refuseFlagsOfAbove(command, ['output'])
      const { environmentDown } = await import('./down.ts')
      setExitCode(await environmentDown(names, command.optsWithGlobals<EnvironmentDownFlags>(), deps))
    })
}
