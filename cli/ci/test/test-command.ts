import type { Command } from 'commander'
import { WaylayError } from '../../../common/errors.ts'
import { parseHeaderMatch, type HeaderMatch } from '../../../intercepts/header-match.ts'
import { refuseLooseWords } from '../../child/own-words.ts'
import type { CliDeps } from '../../deps.ts'
import type { CiTestFlags } from '../../flags.ts'
import { parseMinimum, type Minimum } from './minimum.ts'

/** Adds `ci test`. */
export function addTestCommand (
  ci: Command, program: Command, deps: CliDeps, setExitCode: (code: number) => void
): void {
  const command = ci.command('test')
    .summary('run tests, and fail when none of their requests was diverted')
    .description('Run a test program that gets to know header and address, keep its exit code, and fail when fewer of its requests were diverted than asked for.')
    .argument('[command...]', 'the test program, after "--"')
    .option('--environment <name>', 'environment of "env up" whose requests are counted; WAYLAY_ENVIRONMENT without any of these')
    .option('--intercept <name>', 'Intercept object whose requests are counted; may be repeated', collect)
    .option('--header <name=value>', 'header by which intercepts of the namespace are found', readHeader)
    .option('--ready-file <file>', 'file that "ci run" writes; waited for, two minutes at most')
  addTestOptions(command)
    .addHelpText('after', TEST_HELP)
    .action(async (words: readonly string[], _options: object, command: Command) => {
      const flags = withEnvironment(command.optsWithGlobals<CiTestFlags>(), deps.env)
      refuseLooseWords(words, program, '"ci test"')
      if (words.length === 0) {
        throw new WaylayError('WAYLAY_USAGE', 'No test program is named', { hint: 'It goes behind "--": waylay ci test --environment pr-123 -- npm run e2e' })
      }
      // Not at the top: it would load HTTP and TLS whenever anything is started.
      const { checkSubjectFlags } = await import('./subject.ts')
      checkSubjectFlags(flags)
      const { ciTest } = await import('./ci-test.ts')
      setExitCode(await ciTest({ kind: 'words', words }, flags, deps))
    })
}

/** Adds the flags that say where the tests reach the app, how many requests are enough, and who is told. */
export function addTestOptions (command: Command): Command {
  return command
    .option('--url-service <name[:port]>', 'Service that WAYLAY_URL leads to, instead of the one in front of the first workload')
    .option('--url <url>', 'WAYLAY_URL as it is: the link of a shared preview, for example')
    .option('--no-url', 'set no WAYLAY_URL')
    .option('--min-matches <[workload=]n>', 'how many requests must have been diverted, of all workloads together or of one; 0: no check; may be repeated (default: 1)', collectMinimum)
    .option('--junit <file>', 'write JUnit XML with a case for each workload')
    .option('--summary <file>', 'write JSON')
}

/** A job before this one may have said which: the templates for GitHub and GitLab do. */
function withEnvironment (flags: CiTestFlags, env: CliDeps['env']): CiTestFlags {
  const isNamed = [flags.environment, flags.intercept, flags.header, flags.readyFile].some(flag => flag !== undefined)
  const environment = env['WAYLAY_ENVIRONMENT']
  return isNamed || !environment ? flags : { ...flags, environment }
}

function collect (text: string, before: readonly string[] = []): readonly string[] {
  return [...before, text]
}

function collectMinimum (text: string, before: readonly Minimum[] = []): readonly Minimum[] {
  return [...before, parseMinimum(text)]
}

function readHeader (text: string): HeaderMatch {
  const header = parseHeaderMatch(text)
  if (header.type === 'Exact') return header
  throw new WaylayError('WAYLAY_USAGE', `--header ${text} is a pattern, and the tests have to send one value`, { hint: 'Give a value without "*".' })
}

const TEST_HELP = `
Examples:
  $ WAYLAY_ENVIRONMENT=pr-123 waylay ci test -- npm run e2e
  $ waylay ci test --environment pr-123 -- npm run e2e
  $ waylay ci test --environment pr-123 --min-matches payments=3 --junit waylay.xml -- npm run e2e
  $ waylay ci test --ready-file run.json -- npm run e2e
  $ waylay ci test --header x-waylay-id=pr-123-x7f2k9qd --url https://staging.example.org -- npm run e2e

The test program gets:
  WAYLAY_HEADER         name: value, as curl -H takes it; WAYLAY_HEADER_NAME and WAYLAY_HEADER_VALUE are its parts
  WAYLAY_BAGGAGE        the same as a member of baggage, where the header is x-waylay-id
  WAYLAY_URL            --url; in the cluster the Service's own address; elsewhere a preview on 127.0.0.1, which puts
                        the header on each request
  WAYLAY_ENVIRONMENT    name of the environment, with --environment

Exit codes:
  that of the test program, 128 and the signal's number where a signal ended it; where it was 0:
  0 enough requests were diverted   124 too few were (WAYLAY_NO_MATCH), or nothing stands to divert them
  120 a bug in waylay   121 wrong arguments   122 missing rights   123 cluster not reachable`
