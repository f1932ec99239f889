import type { Command } from 'commander'
import type { CliDeps } from '../deps.ts'
import type { VersionFlags } from '../flags.ts'
import { outputOption } from '../output-option.ts'

/** Adds `version`. */
export function addVersionCommand (program: Command, deps: CliDeps): void {
  program.command('version')
    .summary('show the versions of this program and of what is in the cluster')
    .description('Show the version of this program, of the webhook, and of the sidecars in a namespace.')
    .option('--client', 'of this program only: asks no cluster')
    .addOption(outputOption())
    .addHelpText('after', `
Examples:
  $ waylay version
  $ waylay version --client
  $ waylay version -n shop --output json

One minor version apart is fine, in either direction.

Exit codes:
  0 printed, also when no cluster answers   2 wrong arguments`)
    .action(async (_options: object, command: Command) => {
      const { version } = await import('./version.ts')
      await version(command.optsWithGlobals<VersionFlags>(), deps)
    })
}
