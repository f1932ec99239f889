import type { Command } from 'commander'
import type { CliDeps } from '../deps.ts'
import type { InstallFlags } from '../flags.ts'
import { addInstallFlags, INTERRUPTED_EXIT_CODE } from './install-flags.ts'

/** Adds `install`. */
export function addInstallCommand (program: Command, deps: CliDeps, setExitCode: (code: number) => void): void {
  addInstallFlags(program.command('install'))
    .summary('put waylay into the cluster (for its administrator)')
    .description('Say what will be made, apply it, wait for the webhook, and check that a new pod is really injected. ' +
      'Running it again mends an installation that was interrupted or changed.')
    .addHelpText('after', `
Examples:
  $ waylay install --dry-run
  $ waylay install
  $ waylay install --image-registry registry.example.org/waylay --image-pull-secret registry-login
  $ kubectl label namespace shop waylay.dev/inject=enabled && kubectl -n shop rollout restart deployment

Exit codes:
  0 pods are injected   2 wrong arguments   3 missing rights   4 cluster not reachable, too old, or not ready in time
  6 installed by other means, in another version, or changed by others   130 stopped with Ctrl-C`)
    .action(async (_options: object, command: Command) => {
      const { install } = await import('./install.ts')
      const isDone = await install(command.optsWithGlobals<InstallFlags>(), deps)
      if (!isDone) setExitCode(INTERRUPTED_EXIT_CODE)
    })
}
