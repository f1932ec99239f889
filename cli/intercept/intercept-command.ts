import type { Command } from 'commander'
import { WaylayError } from '../../common/errors.ts'
import { readHostHeader } from '../../intercepts/host-header.ts'
import type { OwnCommand } from '../child/own-command.ts'
import { refuseLooseWords } from '../child/own-words.ts'
import type { CliDeps } from '../deps.ts'
import type { DeveloperPort } from '../developer-port.ts'
import { parseDuration } from '../duration.ts'
import { addEnvironmentOptions, checkEnvironmentFlags } from '../environment/environment-flags.ts'
import type { InterceptFlags } from '../flags.ts'
import { collectPort } from './collect-port.ts'
import { INTERCEPT_HELP } from './intercept-help.ts'
import { addMatchOptions } from '../match-flags.ts'
import { outputOption } from '../output-option.ts'
import { addReachOptions } from '../reach/reach-flags.ts'

/** Adds `intercept`. */
export function addInterceptCommand (program: Command, deps: CliDeps, setExitCode: (code: number) => void): void {
  const command = program.command('intercept')
    .summary('answer your requests to a workload from this machine')
    .description('Requests that carry your header reach a port on this machine. All others go on to the app. Ends with Ctrl-C.')
    .argument('<workload>', 'workload or Service, as name or kind/name: payments, deployment/payments, service/payments')
    .argument('[command...]', 'your program, after "--": started when the intercept stands; when it ends, so does the intercept')
    // Not a required option: commander would name it where the mistake is another flag that is misspelt.
    .option('-p, --port <[host:]port[:app port]>', 'where your program listens, and the app\'s port (number or name) where it has several; may be repeated: one for each port of the app', collectPort)
  addReachOptions(addEnvironmentOptions(addMatchOptions(command)))
    .option('--take-over', 'end the intercept of whoever holds this very match; another\'s needs the verb "takeover"')
    .option('--host-header <value>', 'what your program reads as Host, for dev servers that refuse other names', readHostHeader)
    .option('--for <duration>', 'end by itself after this long: 30s, 5m, 2h', text => parseDuration(text, '--for'))
    .option('--wait-for-first-match', 'end, with exit code 0, when a request was diverted and answered')
    .option('--inspect', 'serve a page on 127.0.0.1 that shows your requests as they come, and replays them')
    .option('--run <command line>', 'your program, as a line for the shell: as "--", but also where a shell swallows that (PowerShell)')
    .addOption(outputOption())
    .addHelpText('after', INTERCEPT_HELP)
    .action(async (workload: string, words: readonly string[], _options: object, command: Command) => {
      const flags = command.optsWithGlobals<InterceptFlags>()
      const ports = requirePorts(workload, flags)
      const own = readCommand(words, flags, program)
      checkEnvironmentFlags(flags)
      const { intercept } = await import('./intercept.ts')
      setExitCode(await intercept({ workload, ports, command: own, flags }, deps))
    })
}

function requirePorts (workload: string, { port }: InterceptFlags): readonly DeveloperPort[] {
  if (port !== undefined) return port
  throw new WaylayError('WAYLAY_USAGE', 'The flag --port is missing: where your program listens',
    { hint: `waylay intercept ${workload} --port 3000` })
}

function readCommand (words: readonly string[], { run }: InterceptFlags, program: Command): OwnCommand | undefined {
  refuseLooseWords(words, program, 'the workload')
  if (run === undefined) return words.length === 0 ? undefined : { kind: 'words', words }
  if (words.length > 0) {
    throw new WaylayError('WAYLAY_USAGE', '--run and "--" both name a program', { hint: 'Leave one of them away.' })
  }
  if (run.trim() === '') throw new WaylayError('WAYLAY_USAGE', '--run names no program', { hint: '--run "npm run dev"' })
  return { kind: 'line', line: run }
}
