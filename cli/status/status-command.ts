import type { Command } from 'commander'
import type { CliDeps } from '../deps.ts'
import type { StatusFlags } from '../flags.ts'
import { outputOption } from '../output-option.ts'

/** Adds `status`. */
export function addStatusCommand (program: Command, deps: CliDeps): void {
  program.command('status')
    .summary('show what waylay does in a namespace')
    .description('Show the installation, the namespace, its workloads with injected pods, and who intercepts them; yours first.')
    .argument('[workload]', 'workload, as name or kind/name; all of the namespace without it')
    .addOption(outputOption())
    .addHelpText('after', `
Examples:
  $ waylay status
  $ waylay status payments -n shop
  $ waylay status --output json

Why something does not work says: waylay doctor

Exit codes:
  0 shown   2 wrong arguments   3 missing rights   4 cluster not reachable`)
    .action(async (workload: string | undefined, _options: object, command: Command) => {
      const { status } = await import('./status.ts')
      await status(workload, command.optsWithGlobals<StatusFlags>(), deps)
    })
}
