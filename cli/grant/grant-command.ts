import type { Command } from 'commander'
import type { CliDeps, GlobalFlags } from '../deps.ts'
import { durationOption } from '../duration-option.ts'
import type { GrantFlags, GrantListFlags } from '../flags.ts'
import { parseTtl } from './ttl.ts'
import { outputOption } from '../output-option.ts'
import { refuseFlagsOfAbove } from '../stray-flags.ts'

/** Adds `grant` with `grant list` and `grant revoke`. */
export function addGrantCommand (program: Command, deps: CliDeps): void {
  const grant = program.command('grant')
    .summary('give somebody a short-lived kubeconfig (for administrators)')
    .description('Print a kubeconfig that may do in one namespace what waylay needs, and nothing else, until it ends.')
    .argument('<name>', 'who it is for: lower-case letters, digits and "-"')
    .addOption(durationOption('--ttl <duration>', 'how long it lives, from 10m to 30d; the API server has the last word', '8h', parseTtl))
    .option('--ci', 'for a CI job: no logs, no other Services')
    .option('--environments', 'for a CI job that makes environments: what --ci gives, and copies of Deployments')
    .option('--out <file>', 'write it into a file of yours alone (mode 0600) instead of printing it')
    .addOption(outputOption())
    .helpCommand(false)
    .addHelpText('after', GRANT_HELP)
    .action(async (name: string, _options: object, command: Command) => {
      const { grant } = await import('./grant.ts')
      await grant(name, command.optsWithGlobals<GrantFlags>(), deps)
    })
  const help = { showGlobalOptions: true, visibleGlobalOptions: () => [...program.options] }
  addGrantList(grant, deps).configureHelp(help)
  addGrantRevoke(grant, deps).configureHelp(help)
}

function addGrantList (grant: Command, deps: CliDeps): Command {
  return grant.command('list')
    .summary('show the grants there are')
    .description('Show who has a grant, in every namespace or in the one that you name, and when it ends.')
    .option('-A, --all-namespaces', 'in all namespaces, as without --namespace')
    .addOption(outputOption())
    .addHelpText('after', `
Examples:
  $ waylay grant list
  $ waylay grant list -n shop --output json

Exit codes:
  0 done, also when there is none   3 missing rights   4 cluster not reachable`)
    .action(async (_options: object, command: Command) => {
      const { printGrants } = await import('./list-grants.ts')
      refuseFlagsOfAbove(command, ['output'])
      await printGrants(command.optsWithGlobals<GrantListFlags>(), deps)
    })
}

function addGrantRevoke (grant: Command, deps: CliDeps): Command {
  return grant.command('revoke')
    .summary('take a grant away')
    .description('Delete the ServiceAccount of a grant: every token of it is refused from then on.')
    .argument('<name>', 'as it was granted')
    .addHelpText('after', `
Examples:
  $ waylay grant revoke maria -n shop

Exit codes:
  0 gone   2 wrong arguments   3 missing rights   4 cluster not reachable   5 there is none   6 it is not a grant's`)
    .action(async (name: string, _options: object, command: Command) => {
      refuseFlagsOfAbove(command, [])
      const { revokeGrant } = await import('./revoke-grant.ts')
      await revokeGrant(name, command.optsWithGlobals<GlobalFlags>(), deps)
    })
}

const GRANT_HELP = `
The same name again renews it. Tokens given before live on to their own end, or until it is revoked.

Examples:
  $ waylay grant maria -n shop --out maria.kubeconfig
  $ waylay grant build-42 -n shop --ci --ttl 1h --out ci.kubeconfig
  $ waylay grant deployer -n shop --environments --ttl 30d --out environments.kubeconfig
  $ waylay grant list
  $ waylay grant revoke maria -n shop

Exit codes:
  0 done   2 wrong arguments   3 missing rights   4 cluster not reachable, or waylay not installed
  6 the name is taken`
