import type { Command } from 'commander'
import type { CliDeps, GlobalFlags } from './deps.ts'

/** Adds `uninstall`. */
export function addUninstallCommand (program: Command, deps: CliDeps): void {
  program.command('uninstall')
    .summary('take waylay out of the cluster (for its administrator)')
    .description('Remove everything "waylay install" made, all intercepts included. Running it again does no harm.')
    .addHelpText('after', `
Examples:
  $ waylay uninstall
  $ kubectl -n shop rollout restart deployment

Pods that were injected keep the two containers, which pass everything to the app, until they are restarted.

Exit codes:
  0 nothing of waylay is left but containers in pods   3 missing rights   4 cluster not reachable`)
    .action(async (_options: object, command: Command) => {
      const { uninstall } = await import('./uninstall.ts')
      await uninstall(command.optsWithGlobals<GlobalFlags>(), deps)
    })
}
