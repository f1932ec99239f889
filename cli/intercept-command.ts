import type { Command } from 'commander'
import { WaylayError } from '../common/errors.ts'
import type { CliDeps } from './deps.ts'
import type { InterceptFlags } from './flags.ts'
import { parseDeveloperPort, type DeveloperPort } from './developer-port.ts'
import { addMatchOptions } from './match-flags.ts'
import { outputOption } from './output-option.ts'

/** Adds `intercept`. */
export function addInterceptCommand (program: Command, deps: CliDeps, setExitCode: (code: number) => void): void {
  const command = program.command('intercept')
    .summary('answer your requests to a workload from this machine')
    .description('Requests that carry your header reach a port on this machine. All others go on to the app. Ends with Ctrl-C.')
    .argument('<workload>', 'workload, as name or kind/name')
    .argument('[command...]', 'your program, after "--": started when the intercept stands; when it ends, so does the intercept')
    // Not a required option: commander would name it where the mistake is another flag that is misspelt.
    .option('-p, --port <[host:]port[:app port]>', 'where your program listens, and the app\'s port (number or name) where it has several; may be repeated: one for each port of the app', collectPort)
  addMatchOptions(command)
    .addOption(outputOption())
    .addHelpText('after', INTERCEPT_HELP)
    .action(async (workload: string, words: readonly string[], _options: object, command: Command) => {
      const flags = command.optsWithGlobals<InterceptFlags>()
      const ports = requirePorts(workload, flags)
      refuseLooseWords(words, program)
      const { intercept } = await import('./intercept.ts')
      setExitCode(await intercept({ workload, ports, command: words, flags }, deps))
    })
}

function collectPort (text: string, before: readonly DeveloperPort[] = []): readonly DeveloperPort[] {
  return [...before, parseDeveloperPort(text)]
}

function requirePorts (workload: string, { port }: InterceptFlags): readonly DeveloperPort[] {
  if (port !== undefined) return port
  throw new WaylayError('WAYLAY_USAGE', 'The flag --port is missing: where your program listens',
    { hint: `waylay intercept ${workload} --port 3000` })
}

/** A program without the `--` before it would lose its own flags to us. */
function refuseLooseWords (words: readonly string[], program: Command): void {
  const given = (program as Command & { readonly rawArgs: readonly string[] }).rawArgs
  if (words.length === 0 || given.includes('--')) return
  throw new WaylayError('WAYLAY_USAGE', `Unexpected word "${words[0] ?? ''}" after the workload`,
    { hint: 'One workload at a time; your own program goes behind "--": -- npm run dev' })
}

const INTERCEPT_HELP = `
Examples:
  $ waylay intercept payments --port 3000
  $ waylay intercept deployment/payments --port 3000:8080 -n shop
  $ waylay intercept payments --port 3000:http --http-header x-user=maria@example.org
  $ waylay intercept payments --port 3000 --http-path-prefix /api --http-method POST
  $ waylay intercept payments --port 3000 -- npm run dev

Environment:
  WAYLAY_ID           value of x-waylay-id, as --id
  WAYLAY_CONFIG_DIR   where the value kept for you lies (default: ~/.config/waylay)

Exit codes:
  0 stopped with Ctrl-C   1 a bug in waylay   2 wrong arguments   3 missing rights
  4 cluster not reachable   5 workload not fit   6 held by somebody else, or ended by "waylay leave"
  7 tunnel broken   with a command: its own exit code`
