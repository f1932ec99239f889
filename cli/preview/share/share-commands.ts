import type { Command } from 'commander'
import { WaylayError } from '../../../common/errors.ts'
import type { CliDeps } from '../../deps.ts'
import type { PreviewFlags, PreviewListFlags, PreviewRevokeFlags } from '../../flags.ts'
import { outputOption } from '../../output-option.ts'

/** Adds `preview list` and `preview revoke`. */
export function addShareCommands (preview: Command, program: Command, deps: CliDeps): void {
  const help = { showGlobalOptions: true, visibleGlobalOptions: () => [...program.options] }
  addList(preview, deps).configureHelp(help)
  addRevoke(preview, deps).configureHelp(help)
}

/** @throws {WaylayError} `WAYLAY_USAGE` for what means nothing without a link. */
export function refuseShareFlags (service: string, { ttl, intercept }: PreviewFlags): void {
  const flag = ttl !== undefined ? '--ttl' : intercept !== undefined ? '--intercept' : undefined
  if (flag === undefined) return
  throw new WaylayError('WAYLAY_USAGE', `${flag} needs --share`, { hint: `waylay preview ${service} --share ${flag} …` })
}

function addList (preview: Command, deps: CliDeps): Command {
  return preview.command('list')
    .summary('show the links that are shared')
    .description('Show which links are shared in the namespace, by whom and until when. What opens one is shown once, when it is made.')
    .option('-A, --all-namespaces', 'in all namespaces that you may see')
    .addOption(outputOption())
    .addHelpText('after', `
Examples:
  $ waylay preview list
  $ waylay preview list --all-namespaces --output json

Exit codes:
  0 done, also when there is none   3 missing rights   4 cluster not reachable, or waylay not installed`)
    .action(async (_options: object, command: Command) => {
      const { listLinks } = await import('./list-links.ts')
      await listLinks(command.optsWithGlobals<PreviewListFlags>(), deps)
    })
}

function addRevoke (preview: Command, deps: CliDeps): Command {
  return preview.command('revoke')
    .summary('take a shared link back')
    .description('Take a shared link back: whoever opens it from then on, or has it open, is told so.')
    .argument('[link]', 'its name, or the link itself')
    .option('--all', 'all of yours in the namespace')
    .option('-A, --all-namespaces', 'look in all namespaces that you may see')
    .addHelpText('after', `
Examples:
  $ waylay preview revoke p-3f6a9c0d1e2b4a5c6d7e
  $ waylay preview revoke --all --all-namespaces

Exit codes:
  0 done   2 wrong arguments   3 missing rights   4 cluster not reachable   5 there is no such link   6 it is somebody else's`)
    .action(async (link: string | undefined, _options: object, command: Command) => {
      const { revokeLinks } = await import('./revoke-links.ts')
      await revokeLinks(link, command.optsWithGlobals<PreviewRevokeFlags>(), deps)
    })
}
