import type { Command } from 'commander'
import type { CliDeps } from '../deps.ts'
import type { DownFlags, UpFlags } from '../flags.ts'
import { outputOption } from '../output-option.ts'

const FILE_TEXT = 'file to read instead of waylay.yaml in this folder'

/** Adds `up` and `down`. */
export function addUpCommands (program: Command, deps: CliDeps, setExitCode: (code: number) => void): void {
  program.command('up')
    .summary('start the intercepts of waylay.yaml, and their programs')
    .description('Start all intercepts of waylay.yaml in this process, or those that are named, then their programs. Ends with Ctrl-C.')
    .argument('[names...]', 'intercepts of the file; all of them where none is named')
    .option('-f, --file <file>', FILE_TEXT)
    .option('--inspect', 'serve a page on 127.0.0.1 that shows your requests as they come, and replays them')
    .addOption(outputOption())
    .addHelpText('after', `
Examples:
  $ waylay up
  $ waylay up payments orders
  $ waylay up --inspect
  $ waylay up --file demo/waylay.yaml --namespace shop

Where one of them cannot start, none does. A program that ends takes its own intercept with it; the others go on.

Exit codes:
  0 stopped with Ctrl-C, or every program ended with 0   1 a bug in waylay   2 wrong arguments, or a mistake in the file
  3 missing rights   4 cluster not reachable   5 workload not fit   6 held by somebody else   7 tunnel broken
  or the exit code of the first program that failed`)
    .action(async (names: readonly string[], _options: object, command: Command) => {
      const { up } = await import('./up.ts')
      setExitCode(await up(names, command.optsWithGlobals<UpFlags>(), deps))
    })
  program.command('down')
    .summary('end the intercepts of waylay.yaml')
    .description('End your intercepts that waylay.yaml describes, wherever "waylay up" runs or ran.')
    .argument('[names...]', 'intercepts of the file; all of them where none is named')
    .option('-f, --file <file>', FILE_TEXT)
    .addHelpText('after', `
Examples:
  $ waylay down
  $ waylay down payments

Exit codes:
  0 done, also when none was there   2 wrong arguments, or a mistake in the file   3 missing rights
  4 cluster not reachable`)
    .action(async (names: readonly string[], _options: object, command: Command) => {
      const { down } = await import('./down.ts')
      await down(names, command.optsWithGlobals<DownFlags>(), deps)
    })
}
