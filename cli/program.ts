import { Command } from 'commander'
import { VERSION } from '../common/version.ts'
import { addCiCommand } from './ci/ci-command.ts'
import { addCollectCommand } from './collect/collect-command.ts'
import { addCompletionCommand } from './completion/completion-command.ts'
import type { CliDeps } from './deps.ts'
import { addEnvCommand } from './environment/env-command.ts'
import { addDoctorCommand } from './doctor/doctor-command.ts'
import { addGrantCommand } from './grant/grant-command.ts'
import { addInstallCommand } from './installation/install-command.ts'
import { addInterceptCommand } from './intercept/intercept-command.ts'
import { addLeaveCommand } from './leave/leave-command.ts'
import { addListCommand } from './list/list-command.ts'
import { addLogsCommand } from './logs/logs-command.ts'
import { addPreviewCommand } from './preview/preview-command.ts'
import { addStatusCommand } from './status/status-command.ts'
import { addUninstallCommand } from './installation/uninstall-command.ts'
import { addUpCommands } from './up/up-command.ts'
import { addUpgradeCommand } from './installation/upgrade-command.ts'
import { addVersionCommand } from './version/version-command.ts'

/**
 * The whole command line.
 *
 * @param setExitCode for commands that end well with another code than 0: the developer's own program does.
 */
export function createProgram (deps: CliDeps, setExitCode: (code: number) => void): Command {
  const program = new Command('waylay')
    .description('Answers your own requests to a shared Kubernetes cluster from your machine. All others go on to the app.')
    .option('--context <name>', 'kubeconfig context to use instead of the current one')
    .option('-n, --namespace <name>', 'namespace to use instead of the context\'s')
    .option('--kubeconfig <file>', 'kubeconfig file to use instead of $KUBECONFIG or ~/.kube/config')
    .option('--verbose', 'print stacks and causes with an error')
    .version(VERSION, '--version', 'print the version')
    .helpCommand('help [command]', 'print the help of a command')
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      writeOut: text => { deps.output.result(text.trimEnd()) },
      writeErr: text => { deps.output.note(text.trimEnd()) },
      // run.ts prints errors, in our own words.
      outputError: () => {}
    })
    .exitOverride()
    .addHelpText('after', PROGRAM_HELP)
  addInterceptCommand(program, deps, setExitCode)
  addUpCommands(program, deps, setExitCode)
  addPreviewCommand(program, deps)
  addListCommand(program, deps)
  addLeaveCommand(program, deps)
  addEnvCommand(program, deps, setExitCode)
  addCiCommand(program, deps, setExitCode)
  addStatusCommand(program, deps)
  addDoctorCommand(program, deps, setExitCode)
  addLogsCommand(program, deps)
  addCollectCommand(program, deps)
  addGrantCommand(program, deps)
  addInstallCommand(program, deps, setExitCode)
  addUpgradeCommand(program, deps, setExitCode)
  addUninstallCommand(program, deps)
  addVersionCommand(program, deps)
  addCompletionCommand(program, deps)
  return program
}

const PROGRAM_HELP = `
Examples:
  $ waylay install
  $ waylay intercept payments --port 3000
  $ waylay list

Exit codes:
  0 done   1 a bug in waylay   2 wrong arguments   3 missing rights   4 cluster not reachable or not ready
  5 workload not fit   6 held by somebody else   7 tunnel broken`
