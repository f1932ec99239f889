import type { Command } from 'commander'
import type { CliDeps } from '../deps.ts'
import type { UpgradeFlags } from '../flags.ts'
import { addInstallFlags, INTERRUPTED_EXIT_CODE } from './install-flags.ts'

/** Adds `upgrade`. */
export function addUpgradeCommand (program: Command, deps: CliDeps, setExitCode: (code: number) => void): void {
  addInstallFlags(program.command('upgrade'))
    .option('--allow-skew', 'also when the versions are more than one minor apart')
    .summary('bring the installation to this program\'s version (for the cluster\'s administrator)')
    .description('As install, for what "waylay install" put there: keeps how it was set up, removes what this version ' +
      'no longer has, and names the pods that still run the other version\'s sidecar.')
    .addHelpText('after', `
Examples:
  $ waylay upgrade --dry-run
  $ waylay upgrade

Sidecars that run, and command lines on laptops, work with the other version as long as both are one minor apart.

Exit codes:
  0 pods are injected by this version   2 wrong arguments   3 missing rights
  4 not installed, cluster not reachable, or not ready in time
  6 installed by other means, changed by others, or versions too far apart   130 stopped with Ctrl-C`)
    .action(async (_options: object, command: Command) => {
      const { upgrade } = await import('./upgrade.ts')
      const isDone = await upgrade(command.optsWithGlobals<UpgradeFlags>(), deps)
      if (!isDone) setExitCode(INTERRUPTED_EXIT_CODE)
    })
}
