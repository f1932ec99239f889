import type { Command } from 'commander'
import type { CliDeps } from '../deps.ts'
import { addRunCommand } from './run/run-command.ts'
import { addTestCommand } from './test/test-command.ts'

/** Adds `ci` and the commands below it. */
export function addCiCommand (program: Command, deps: CliDeps, setExitCode: (code: number) => void): void {
  const ci = program.command('ci')
    .summary('run an app or tests in a CI job')
    .description('What a CI job runs by itself: nothing asks, nothing waits for a person.')
    .helpCommand(false)
    .addHelpText('after', `
Examples:
  $ waylay ci run --workload payments --port 3000 --test "npm run e2e" -- npm start
  $ waylay ci test --environment pr-123 -- npm run e2e

Exit codes:
  0 done
  or that of the app or the tests; failures of waylay itself have 120 to 126, as each command's help says`)
  addRunCommand(ci, program, deps, setExitCode)
  addTestCommand(ci, program, deps, setExitCode)
}
