import type { Command } from 'commander'
import type { CliDeps } from '../deps.ts'
import type { UninstallFlags } from '../flags.ts'
import { outputOption } from '../output-option.ts'

/** Adds `uninstall`. */
export function addUninstallCommand (program: Command, deps: CliDeps): void {
  program.command('uninstall')
    .option('--dry-run', 'ask the API server what would be removed; remove nothing')
    .addOption(outputOption())
    .summary('take waylay out of the cluster (for its administrator)')
    .description('Remove everything of waylay, whichever way it was installed: all intercepts, grants, and copies of ' +
      'the pull secret included. Running it again does no harm.')
    .addHelpText('after', `
Examples:
  $ waylay uninstall --dry-run
  $ waylay uninstall

Pods that were injected keep the two containers, which pass everything to the app, until they are restarted; each
workload is named with the command that does so.

Exit codes:
  0 nothing of waylay is left but containers in pods   3 missing rights   4 cluster not reachable`)
    .action(async (_options: object, command: Command) => {
      const { uninstall } = await import('./uninstall.ts')
      await uninstall(command.optsWithGlobals<UninstallFlags>(), deps)
    })
}
