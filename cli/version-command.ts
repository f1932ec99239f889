import type { Command } from 'commander'
import { VERSION } from '../common/version.ts'
import type { CliDeps } from './deps.ts'

/** Adds `version`. */
export function addVersionCommand (program: Command, deps: CliDeps): void {
  program.command('version')
    .description('Print the version of this program.')
    .action(() => { deps.output.result(`waylay ${VERSION}`) })
}
