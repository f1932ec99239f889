import { appendFile, writeFile } from 'node:fs/promises'
import { constants } from 'node:os'
import { toWaylayError, WaylayError } from '../../../common/errors.ts'
import { startChild } from '../../child/child.ts'
import type { OwnCommand } from '../../child/own-command.ts'
import type { CliDeps } from '../../deps.ts'
import type { CountFlags } from '../../flags.ts'
import { showText } from '../../terminal/show-text.ts'
import type { Counter } from './count.ts'
import { toJunit } from './junit.ts'
import { toMarkdown } from './markdown.ts'
import { isEnough, judge, type Judged } from './minimum.ts'
import { describeCount, nameOf, toSummary, type TestResult } from './result.ts'
import type { Subject } from './subject.ts'
import { testVariables } from './variables.ts'

export type TestRun = {
  readonly command: OwnCommand
  readonly subject: Subject
  readonly counter: Counter
  readonly url: string | undefined
  readonly flags: CountFlags
  readonly deps: CliDeps
  /** Where the tests' stdout goes: ours may carry lines for programs. */
  readonly stdout?: 'stdout' | 'stderr'
  /** Ends the tests before their time, with this signal. */
  readonly stopped: Promise<NodeJS.Signals>
}

// The runner that ends a job gives it a few seconds itself; a second signal ends all at once.
const TEST_GRACE_MS = 10_000

/**
 * Runs the test program, its output untouched, and counts what was diverted for it.
 *
 * @returns its exit code; 128 and the signal's number where one ended it.
 * @throws {WaylayError} `WAYLAY_NO_MATCH` where the tests passed and their requests were not diverted.
 */
export async function runTests (run: TestRun): Promise<number> {
  const { command, subject, counter, url, flags, deps, stdout = 'stdout' } = run
  const startedMs = Date.now()
  const child = await startChild(command, { env: { ...deps.env, ...testVariables(subject, url) }, stdout })
  const early = await Promise.race([child.exited, run.stopped])
  if (typeof early === 'string') await child.stop(early, TEST_GRACE_MS)
  const exitCode = exitCodeOf(await child.exited, early)
  const durationMs = Date.now() - startedMs
  const judged = await judgeCounts(run, exitCode)
  const { environment, headers: [header] } = subject
  const result = { environment, header, startedAt: new Date(startedMs).toISOString(), durationMs, exitCode, judged }
  await report(result, flags, deps)
  if (exitCode !== 0) return exitCode
  if (isEnough(judged)) return 0
  for (const line of await counter.diagnose()) deps.output.note(showText(line))
  throw tooFew(result)
}

/** Tests that failed are what whoever reads this has to know: then counts that cannot be had are only noted. */
async function judgeCounts ({ counter, flags, deps }: TestRun, exitCode: number): Promise<readonly Judged[]> {
  const minimums = flags.minMatches ?? []
  try {
    return judge(await counter.settle(counts => exitCode !== 0 || isEnough(judge(counts, minimums))), minimums)
  } catch (error) {
    if (exitCode === 0) throw error
    deps.output.note(showText(`Note: diverted requests could not be counted: ${toWaylayError(error).message}`))
    return []
  }
}

/** Tests that were stopped before their end have not passed, whatever they say themselves. */
function exitCodeOf (exitCode: number, early: number | NodeJS.Signals): number {
  return exitCode === 0 && typeof early === 'string' ? exitCodeOfSignal(early) : exitCode
}

/** What a program would have ended with, had it been started: 128 and the signal's number, as shells count. */
export function exitCodeOfSignal (signal: NodeJS.Signals): number {
  return 128 + constants.signals[signal]
}

async function report (result: TestResult, { junit, summary }: CountFlags, { env, output }: CliDeps): Promise<void> {
  for (const one of result.judged) output.note(showText(lineOf(one)))
  const page = env['GITHUB_STEP_SUMMARY']
  // Nobody asked for this one: that it cannot be written fails nothing.
  if (page) await appendFile(page, toMarkdown(result)).catch(() => {})
  try {
    if (junit !== undefined) await write('--junit', junit, toJunit(result))
    if (summary !== undefined) await write('--summary', summary, `${JSON.stringify(toSummary(result), null, 2)}\n`)
  } catch (error) {
    if (result.exitCode === 0) throw error
    output.note(showText(`Note: ${toWaylayError(error).message}`))
  }
}

function lineOf (one: Judged): string {
  const atLeast = one.wanted === 0 ? '' : `, at least ${one.wanted} asked for`
  return `waylay: ${nameOf(one)}: ${describeCount(one.requests)}${atLeast}`
}

async function write (flag: string, file: string, text: string): Promise<void> {
  try {
    await writeFile(file, text)
  } catch (cause) {
    throw new WaylayError('WAYLAY_USAGE', `Cannot write ${flag} ${file}: ${(cause as Error).message}`,
      { cause, hint: 'Name a file in a folder that is there.' })
  }
}

function tooFew ({ judged, header }: TestResult): WaylayError {
  const lacking = judged.filter(({ requests, wanted }) => requests < wanted)
  const what = lacking.map(one => `${nameOf(one)}: ${one.requests} of ${one.wanted}`).join('; ')
  const sent = header === undefined ? 'what the intercept asks for' : `"${header.name}: ${header.value}"`
  return new WaylayError('WAYLAY_NO_MATCH', `The tests passed, and too few of their requests were diverted (${what}): they may have tested the app that everybody shares`, {
    hint: `See that each request carries ${sent} (WAYLAY_HEADER) and that services between hand it on (docs/propagation.md); then: waylay doctor. --min-matches 0 switches this check off.`
  })
}
