import { assertNever } from '../../common/assert-never.ts'
import { toWaylayError, WaylayError } from '../../common/errors.ts'
import { interceptName } from '../../intercepts/name.ts'
import { chooseMatch, noteOnPatterns } from '../choose-match.ts'
import type { OwnCommand } from '../child/own-command.ts'
import { openCluster, type Cluster } from '../cluster/kubeconfig.ts'
import type { CliDeps } from '../deps.ts'
import type { DeveloperPort } from '../developer-port.ts'
import { createEnvironmentKeeper, type EnvironmentKeeper } from '../environment/prepare.ts'
import type { InterceptFlags } from '../flags.ts'
import { createInspectorKeeper, type InspectorKeeper } from '../inspect/inspector-keeper.ts'
import { createDeveloper, type Developer } from './developer/developer.ts'
import type { Course } from './course.ts'
import { OwnProgram } from './own-program.ts'
import type { Ending } from './report/ending.ts'
import { findPlaces } from './places/find-places.ts'
import { isAnswered } from './developer/first-match.ts'
import { createHostHint, withHostHint } from './developer/host-rejection.ts'
import { createReport, type Report } from './report/report.ts'
import { createStanding, type Standing } from './standing/standing.ts'
import type { StandingIntercept } from './standing/standing-intercept.ts'
import type { Wish } from './standing/wish.ts'
import { standWithReach } from '../reach/stand-with-reach.ts'
import { parseWorkloadName, type WorkloadName } from '../workload-name.ts'

/** One command line, read. */
export type InterceptRequest = {
  readonly workload: string
  readonly ports: readonly DeveloperPort[]
  /** Undefined when the developer starts their program themselves. */
  readonly command: OwnCommand | undefined
  readonly flags: InterceptFlags
}

// A longer timer would fire at once (2^31 - 1 ms, 24 days).
const MAX_TIMER_MS = 2 ** 31 - 1

/** Runs one command from start to end and returns the exit code. */
export async function intercept (request: InterceptRequest, deps: CliDeps, course: Course = {}): Promise<number> {
  const { flags, command } = request
  const report = createReport({ output: deps.output, format: flags.output, color: deps.color === true, now: Date.now })
  const wanted = parseWorkloadName(request.workload)
  const wished = await readWish(request, deps, report)
  const cluster = openCluster(flags, deps)
  const ending = Promise.withResolvers<Ending>()
  const program = new OwnProgram(command, flags.output === 'json' ? 'stderr' : 'stdout')
  let stands = false
  void program.exited.then(exitCode => { ending.resolve(endingOf(exitCode, stands, course)) })
  const offSignals = deps.onStopSignal(signal => { ending.resolve({ kind: 'stopped', signal }) })
  const standing = createStanding({
    cluster,
    report,
    hostName: deps.hostName,
    onEnded: (_intercept, error) => { ending.resolve({ kind: 'failed', error }) },
    onEvent: (intercept, event) => {
      if (flags.waitForFirstMatch !== true || !isAnswered(event, intercept.wish.developer)) return
      ending.resolve({ kind: 'matched' })
    }
  })
  const inspector = createInspectorKeeper(flags, cluster, report)
  const environment = createEnvironmentKeeper({
    cluster,
    flags,
    startsProgram: command !== undefined,
    env: deps.env,
    platform: deps.platform ?? process.platform,
    note: report.note,
    onExit: deps.onExit ?? (() => () => {})
  })
  try {
    // Asked for while the cluster is, told only when the rest is well.
    const silence = command === undefined ? Promise.all(wished.map(findSilence)) : Promise.resolve([])
    // A signal may come before it stands; a failure of ours then comes out of `stand` itself.
    const parts = { cluster, standing, report, environment, inspector, program, course, ending }
    const stood = standWithReach({ cluster, flags, note: report.note }, async () => await stand(wanted, wished, parts))
    const early = await Promise.race([stood, ending.promise])
    if ('kind' in early) return finish(early, flags, report)
    stands = true
    void silence.then(warnings => { for (const warning of warnings) if (warning !== undefined) report.note(warning) })
    return finish(await untilEnd(early, flags, parts), flags, report)
  } finally {
    environment.stop()
    await Promise.all([standing.stop(), program.stop('SIGTERM')])
    await inspector.stop()
    offSignals()
    cluster.close()
  }
}

/** A wish before it is known where it can stand. */
type PortWish = Omit<Wish, 'place'> & { readonly app: DeveloperPort['app'] }

/** What can be read without the cluster. */
async function readWish (
  { ports, flags }: InterceptRequest, deps: CliDeps, report: Report
): Promise<readonly PortWish[]> {
  const match = await chooseMatch(flags, deps)
  const note = noteOnPatterns(match)
  if (note !== undefined) report.note(note)
  const { hostHeader, takeOver } = flags
  return ports.map(port => {
    const hint = createHostHint(port.port, hostHeader, report.note)
    return { app: port.app, match, developer: withHostHint(createDeveloper(port), hint), hostHeader, takeOver }
  })
}

type Stood = { readonly intercepts: readonly StandingIntercept[], readonly env: CliDeps['env'] }

/** What all steps of one command share. */
type Parts = {
  readonly cluster: Cluster
  readonly standing: Standing
  readonly report: Report
  readonly environment: EnvironmentKeeper
  readonly inspector: InspectorKeeper
  readonly program: OwnProgram
  readonly course: Course
  readonly ending: PromiseWithResolvers<Ending>
}

async function stand (
  wanted: WorkloadName, wished: readonly PortWish[],
  { cluster, standing, report, environment, inspector, program, course }: Parts
): Promise<Stood> {
  const { places, warnings } = await findPlaces(cluster, cluster.namespace, wanted, wished.map(({ app }) => app))
  const wishes = places.flatMap((place): readonly Wish[] => {
    const wish = wished[place.wish]
    return wish === undefined ? [] : [{ ...wish, place }]
  })
  const preparing = environment.prepare(places[0])
  // Whoever waits for "ready" to read a file finds it.
  if (environment.writesFiles) await preparing
  const watched = await inspector.watch(wishes)
  const toProgram = async (): Promise<CliDeps['env']> => ({ ...await preparing, ...describeEnv(wishes) })
  if (course.startTimeoutMs !== undefined) {
    await program.startAndListen(toProgram, wished.map(({ developer }) => developer), course.startTimeoutMs)
  }
  const [intercepts, env] = await Promise.all([standing.stand(watched), toProgram()])
  inspector.show(intercepts)
  for (const warning of warnings) report.note(warning)
  return { intercepts, env }
}

/** `--for`, counted from the moment when it stands. */
function startTimer ({ for: durationMs }: InterceptFlags, end: (ending: Ending) => void): () => void {
  if (durationMs === undefined) return () => {}
  const timer = setTimeout(() => { end({ kind: 'elapsed' }) }, Math.min(durationMs, MAX_TIMER_MS))
  return () => { clearTimeout(timer) }
}

/** Goes on until the first of: a signal, the end of the developer's program, something that ends the intercept. */
async function untilEnd (
  { intercepts, env }: Stood, flags: InterceptFlags, { cluster, standing, report, program, course, ending }: Parts
): Promise<Ending> {
  const offTimer = startTimer(flags, ending.resolve)
  const beside = course.whenStands?.({ cluster, intercepts, ended: ending.promise, note: report.note })
    .then(next => { if (next !== undefined) ending.resolve(next) })
    .catch((error: unknown) => { ending.resolve({ kind: 'failed', error: toWaylayError(error) }) })
  try {
    if (!program.hasStarted) await program.start(env)
    const end = await ending.promise
    // What is not ours is told to end while the intercept is still being taken off.
    if (program.isRunning || beside !== undefined) {
      await Promise.all([beside, standing.stop(), program.stop(end.kind === 'stopped' ? end.signal : 'SIGTERM')])
    }
    return end
  } finally {
    offTimer()
  }
}

/** A program that says all is well and ends, while it is still needed, leaves nobody to answer. */
function endingOf (exitCode: number, stands: boolean, { startTimeoutMs, needsProgram = false }: Course): Ending {
  if (exitCode !== 0 || startTimeoutMs === undefined || (stands && !needsProgram)) return { kind: 'command', exitCode }
  return {
    kind: 'failed',
    error: new WaylayError('WAYLAY_DEVELOPER_REFUSED', `The program ended with exit code 0 ${stands ? 'before the tests did' : 'before it listened'}`,
      { hint: 'Name the program that stays and listens on --port after "--", not one that starts it in the background.' })
  }
}

/** What the developer's program gets to know of its intercepts; lists where there are several. */
function describeEnv (wishes: readonly Wish[]): Readonly<Record<string, string>> {
  const list = (values: readonly string[]): string => [...new Set(values)].join(',')
  return {
    WAYLAY_INTERCEPT: list(wishes.map(({ place, match }) => interceptName(place.workload.id, place.port.port, match))),
    WAYLAY_NAMESPACE: list(wishes.map(({ place }) => place.workload.namespace)),
    WAYLAY_WORKLOAD: list(wishes.map(({ place }) => place.workload.id))
  }
}

/** Returns the exit code, or throws what ended it. */
function finish (ending: Ending, { waitForFirstMatch }: InterceptFlags, report: Report): number {
  const error = failureOf(ending, waitForFirstMatch === true)
  report.ended(ending.kind, error)
  if (error !== undefined) throw error
  return ending.kind === 'command' ? ending.exitCode : 0
}

function failureOf (ending: Ending, wantsMatch: boolean): WaylayError | undefined {
  switch (ending.kind) {
    case 'matched':
    case 'command': return undefined
    case 'failed': return ending.error
    case 'stopped':
    case 'elapsed':
      return wantsMatch
        ? new WaylayError('WAYLAY_NO_MATCH', 'No matching request came before the intercept ended')
        : undefined
    default: return assertNever(ending)
  }
}

/** A warning where nothing listens yet; no failure, because many start their program after us. */
async function findSilence ({ developer }: { readonly developer: Developer }): Promise<string | undefined> {
  try {
    (await developer.dial()).destroy()
    return undefined
  } catch {
    return `Warning: nothing listens on ${developer.address} yet. Until something does, your requests get 502.`
  }
}
