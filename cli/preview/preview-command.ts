import type { Command } from 'commander'
import { readHostHeader } from '../../intercepts/host-header.ts'
import type { CliDeps } from '../deps.ts'
import { parseDuration } from '../duration.ts'
import type { PreviewFlags } from '../flags.ts'
import { addMarkOptions } from '../match-flags.ts'
import { outputOption } from '../output-option.ts'
import { parsePreviewPort } from './preview-port.ts'
import { addShareCommands, refuseShareFlags } from './share/share-commands.ts'
import { parseShareTtl } from './share/ttl.ts'

/** Adds `preview`. */
export function addPreviewCommand (program: Command, deps: CliDeps): void {
  const command = program.command('preview')
    .summary('open a Service in your browser, with your header on every request')
    .description('Serve a URL on this machine that leads to a Service in the cluster and puts your header on each request. Ends with Ctrl-C.')
    .argument('<service>', 'Service, as name or service/name')
    .option('--port <[listen:]port>', 'port of the Service (number or name) where it has several, and before it a port of this machine: 80, http, 9000:80, 9000:', parsePreviewPort)
  addMarkOptions(command)
    .option('--host-header <value>', 'what the app reads as Host, instead of the Service\'s name', readHostHeader)
    .option('--for <duration>', 'end by itself after this long: 30s, 5m, 2h', text => parseDuration(text, '--for'))
    .option('--open', 'open it in the browser ($BROWSER, or the one that this machine opens pages with)')
    .option('--share', 'print a link for others instead, by the cluster\'s preview gateway; it ends with --ttl or the intercept')
    .option('--ttl <duration>', 'how long the link of --share lives, from 1m to 7d; 8h without it', parseShareTtl)
    .option('--intercept <name>', 'intercept of yours that the link of --share stands on, where you have several')
    .addOption(outputOption())
    .helpCommand(false)
    .addHelpText('after', PREVIEW_HELP)
    .action(async (service: string, _options: object, command: Command) => {
      const flags = command.optsWithGlobals<PreviewFlags>()
      if (flags.share === true) {
        const { share } = await import('./share/share.ts')
        return await share(service, flags, deps)
      }
      refuseShareFlags(service, flags)
      const { preview } = await import('./preview.ts')
      await preview(service, flags, deps)
    })
  addShareCommands(command, program, deps)
}

const PREVIEW_HELP = `
Redirects, cookies and WebSockets stay inside. Links to other names that a page has in it lead where they lead.

Examples:
  $ waylay preview frontend --open
  $ waylay preview frontend --port 9000:http
  $ waylay preview payments --id pr-123-x7f2k9qd --output json
  $ waylay preview frontend --share --ttl 2h

Exit codes:
  0 shared, or stopped with Ctrl-C or by --for   2 wrong arguments   3 missing rights
  4 cluster not reachable, or without a gateway   5 no such Service, port or intercept`
