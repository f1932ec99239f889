import type { Command } from 'commander'
import { WaylayError } from '../../../common/errors.ts'
import { readHostHeader } from '../../../intercepts/host-header.ts'
import type { OwnCommand } from '../../child/own-command.ts'
import { refuseLooseWords } from '../../child/own-words.ts'
import type { CliDeps } from '../../deps.ts'
import { parseDuration } from '../../duration.ts'
import { durationOption } from '../../duration-option.ts'
import { addEnvironmentOptions, checkEnvironmentFlags } from '../../environment/environment-flags.ts'
import type { CiRunFlags } from '../../flags.ts'
import { collectPort } from '../../intercept/collect-port.ts'
import { addMatchOptions } from '../../match-flags.ts'
import { outputOption } from '../../output-option.ts'
import { addReachOptions } from '../../reach/reach-flags.ts'
import { addTestOptions } from '../test/test-command.ts'

/** Adds `ci run`. */
export function addRunCommand (
  ci: Command, program: Command, deps: CliDeps, setExitCode: (code: number) => void
): void {
  const command = ci.command('run')
    .summary('run the app in the job, and answer requests with its header')
    .description('Start a version of a workload in the job, wait until it listens, and let requests with the job\'s header reach it. Ends with the program, SIGTERM or --for.')
    .argument('[command...]', 'the app, after "--"; without one it runs already, or is started beside')
    .option('--workload <name>', 'workload or Service, as name or kind/name: payments, service/payments')
    .option('-p, --port <[host:]port[:app port]>', 'where the app listens here, and the app\'s port in the cluster where it has several; may be repeated', collectPort)
  addReachOptions(addEnvironmentOptions(addMatchOptions(command)))
    .option('--host-header <value>', 'what the app here reads as Host', readHostHeader)
    .option('--take-over', 'end the intercept of whoever holds this very match; another\'s needs the verb "takeover"')
    .option('--for <duration>', 'end by itself after this long: 30s, 5m, 2h', text => parseDuration(text, '--for'))
    .addOption(durationOption('--start-timeout <duration>', 'how long the app may take until it listens', '5m'))
    .option('--ready-file <file>', 'file that is written when it stands, and removed at the end: pid, header and intercepts, as JSON')
    .option('--test <command line>', 'tests to run when it stands, as "ci test" does; then all of it ends')
  addTestOptions(command)
    .addOption(outputOption())
    .addHelpText('after', RUN_HELP)
    .action(async (words: readonly string[], _options: object, command: Command) => {
      const flags = command.optsWithGlobals<CiRunFlags>()
      refuseLooseWords(words, program, '"ci run"')
      const { workload, ports } = requireFlags(flags)
      checkEnvironmentFlags(flags)
      const own: OwnCommand | undefined = words.length === 0 ? undefined : { kind: 'words', words }
      const tests: OwnCommand | undefined = flags.test === undefined ? undefined : { kind: 'line', line: flags.test }
      const { ciRun } = await import('./ci-run.ts')
      setExitCode(await ciRun({ workload, ports, command: own, flags, tests }, deps))
    })
}

function requireFlags ({ workload, port, test, for: durationMs }: CiRunFlags) {
  const example = 'waylay ci run --workload payments --port 3000 -- npm start'
  if (workload === undefined) throw new WaylayError('WAYLAY_USAGE', 'The flag --workload is missing: what the app is a version of', { hint: example })
  if (port === undefined) throw new WaylayError('WAYLAY_USAGE', 'The flag --port is missing: where the app listens', { hint: example })
  if (test !== undefined && durationMs !== undefined) {
    throw new WaylayError('WAYLAY_USAGE', '--for has no meaning beside --test: the end of the tests ends all', { hint: 'Leave one of them away.' })
  }
  if (test?.trim() === '') throw new WaylayError('WAYLAY_USAGE', '--test names no program', { hint: '--test "npm run e2e"' })
  return { workload, ports: port }
}

const RUN_HELP = `
Examples:
  $ waylay ci run --workload payments --port 3000 --test "npm run e2e" -- npm start
  $ waylay ci run --workload payments --port 3000 --ready-file run.json -- npm start &
  $ waylay ci test --ready-file run.json -- npm run e2e

The header's value is --id, WAYLAY_ID, or one made for this run: ci-<run's id>-<random>. It is printed when it stands.
The app gets the pod's environment, and WAYLAY_INTERCEPT, WAYLAY_NAMESPACE and WAYLAY_WORKLOAD; the tests of --test get
what "ci test" says. A job that is killed leaves nothing: 15 seconds later requests go to the app in the cluster.

Exit codes:
  0 stopped, or --for is over; that of the app where it ends; with --test that of the tests, and of both kinds
  124 where too few requests were diverted   126 the app never listened, or ended with 0 while it was needed
  2 to 7 as "waylay intercept" has them; with an app or tests to run, 119 more`
