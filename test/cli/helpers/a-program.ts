import type { Command } from 'commander'
import { createProgram } from '../../../cli/program.ts'

/** The whole command line, for looking at: nothing of it can be run. */
export function aProgram (): Command {
  return createProgram({
    env: {},
    homeDir: '',
    userName: '',
    hostName: '',
    output: { result: () => {}, json: () => {}, note: () => {} },
    onStopSignal: () => () => {}
  }, () => {})
}

/** The commands a user sees in the help. */
export function visibleCommands (): readonly Command[] {
  const program = aProgram()
  return program.createHelp().visibleCommands(program).filter(command => command.name() !== 'help')
}
