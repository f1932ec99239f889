import type { Command } from 'commander'
import type { CliDeps } from '../deps.ts'
import type { LeaveFlags } from '../flags.ts'

/** Adds `leave`. */
export function addLeaveCommand (program: Command, deps: CliDeps): void {
  program.command('leave')
    .summary('end intercepts of yours')
    .description('End your intercepts of a workload, or one by its name, wherever the command that made it runs or ran.')
    .argument('[workload]', 'workload or service/<name>, as for intercept, or the name of an intercept')
    .option('--all', 'end all of yours in the namespace')
    .option('-A, --all-namespaces', 'look in all namespaces that you may see')
    .addHelpText('after', `
Examples:
  $ waylay leave payments
  $ waylay leave deployment/payments -n shop
  $ waylay leave service/payments
  $ waylay leave --all
  $ waylay leave --all --all-namespaces

Exit codes:
  0 done   2 wrong arguments   3 missing rights   4 cluster not reachable   5 there is no such intercept of yours
  6 it is somebody else's`)
    .action(async (workload: string | undefined, _options: object, command: Command) => {
      const { leave } = await import('./leave.ts')
      await leave(workload, command.optsWithGlobals<LeaveFlags>(), deps)
    })
}
