import type { Command } from 'commander'
import type { CliDeps } from '../deps.ts'
import type { ListFlags } from '../flags.ts'
import { outputOption } from '../output-option.ts'

/** Adds `list`. */
export function addListCommand (program: Command, deps: CliDeps): void {
  program.command('list')
    .summary('show the intercepts there are')
    .description('Show who intercepts what, in every namespace that you may see, or in the one that you name.')
    .option('-A, --all-namespaces', 'in all namespaces, as without --namespace')
    .addOption(outputOption())
    .addHelpText('after', `
Examples:
  $ waylay list
  $ waylay list -n shop
  $ waylay list --output json

Exit codes:
  0 done, also when there is none   3 missing rights   4 cluster not reachable, or waylay not installed`)
    .action(async (_options: object, command: Command) => {
      const { list } = await import('./list.ts')
      await list(command.optsWithGlobals<ListFlags>(), deps)
    })
}
