import { InvalidArgumentError, type Command } from 'commander'
import type { CliDeps } from '../deps.ts'
import type { DoctorFlags } from '../flags.ts'
import { outputOption } from '../output-option.ts'

/** Adds `doctor`. */
export function addDoctorCommand (program: Command, deps: CliDeps, setExitCode: (code: number) => void): void {
  program.command('doctor')
    .summary('find out what keeps an intercept from working')
    .description('Check the cluster, the installation, your rights, the pods and the way of a request, one line each. Leaves nothing behind.')
    .argument('[workload]', 'workload, as name or kind/name; without it the first injected one of the namespace')
    .option('--app-port <port>', 'the app\'s port to try, where it has several', parsePort)
    .addOption(outputOption())
    .addHelpText('after', `
Examples:
  $ waylay doctor
  $ waylay doctor payments -n shop
  $ waylay doctor payments --output json

It makes an intercept with a random value for a moment, has a pod of the workload send a marked request to the Service's
address, and removes it. Neither the app nor anybody's program sees that request.

Exit codes:
  0 nothing fails   1 a bug in waylay   2 wrong arguments   or that of the first check that fails: 3 missing rights
  4 cluster not reachable, or waylay not rightly installed   5 workload not fit   7 tunnel broken`)
    .action(async (workload: string | undefined, _options: object, command: Command) => {
      const { doctor } = await import('./doctor.ts')
      setExitCode(await doctor(workload, command.optsWithGlobals<DoctorFlags>(), deps))
    })
}

function parsePort (text: string): number {
  const port = Number(text)
  if (Number.isInteger(port) && port >= 1 && port <= 65535) return port
  throw new InvalidArgumentError(`Expected a port from 1 to 65535, got "${text}".`)
}
