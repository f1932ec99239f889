import { assertNever } from '../../common/assert-never.ts'
import { WaylayError } from '../../common/errors.ts'
import { chooseMatch, noteOnPatterns } from '../choose-match.ts'
import { startChild } from '../child/child.ts'
import type { OwnCommand } from '../child/own-command.ts'
import { openCluster, type Cluster } from '../cluster/kubeconfig.ts'
import type { CliDeps } from '../deps.ts'
import type { DeveloperPort } from '../developer-port.ts'
import { createEnvironmentKeeper, type EnvironmentKeeper } from '../environment/prepare.ts'
import type { InterceptFlags } from '../flags.ts'
import { createInspectorKeeper, type InspectorKeeper } from '../inspect/inspector-keeper.ts'
import { createDeveloper, type Developer } from './developer/developer.ts'
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

// The intercept is off at once; the program gets what a server needs to finish. A second Ctrl-C ends it.
const CHILD_GRACE_MS = 5000
// A longer timer would fire at once (2^31 - 1 ms, 24 days).
const MAX_TIMER_MS = 2 ** 31 - 1

/** Runs one command from start to end and returns the exit code. */
export async function intercept (request: InterceptRequest, deps: CliDeps): Promise<number> {
  const { flags, command } = request
  const report = createReport({ output: deps.output, format: flags.output, color: deps.color === true, now: Date.now })
  const wanted = parseWorkloadName(request.workload)
  const wished = await readWish(request, deps, report)
  const cluster = openCluster(flags, deps)
  const ending = Promise.withResolvers<Ending>()
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
    const stood = standWithReach({ cluster, flags, note: report.note }, async () =>
      await stand(wanted, wished, { cluster, standing, report, environment, inspector }))
    const early = await Promise.race([stood, ending.promise])
    if ('kind' in early) return finish(early, flags, report)
    void silence.then(warnings => { for (const warning of warnings) if (warning !== undefined) report.note(warning) })
    const offTimer = startTimer(flags, ending.resolve)
    try {
      return finish(await untilEnd(request, early.env, standing, early.intercepts, ending.promise), flags, report)
    } finally {
      offTimer()
    }
  } finally {
    environment.stop()
    await standing.stop()
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

async function stand (
  wanted: WorkloadName, wished: readonly PortWish[], { cluster, standing, report, environment, inspector }: {
    readonly cluster: Cluster
    readonly standing: Standing
    readonly report: Report
    readonly environment: EnvironmentKeeper
    readonly inspector: InspectorKeeper
  }
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
  const [intercepts, env] = await Promise.all([standing.stand(watched), preparing])
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

/** Waits for the first of: a signal, the end of the developer's program, something that ends the intercept. */
async function untilEnd (
  { command, flags }: InterceptRequest, env: CliDeps['env'], standing: Standing,
  intercepts: readonly StandingIntercept[], ended: Promise<Ending>
): Promise<Ending> {
  if (command === undefined) return await ended
  const child = await startChild(command, {
    env: { ...env, ...describeEnv(intercepts) },
    stdout: flags.output === 'json' ? 'stderr' : 'stdout'
  })
  const ending = await Promise.race([
    ended, child.exited.then((exitCode): Ending => ({ kind: 'command', exitCode }))
  ])
  const signal = ending.kind === 'stopped' ? ending.signal : 'SIGTERM'
  if (ending.kind !== 'command') await Promise.all([child.stop(signal, CHILD_GRACE_MS), standing.stop()])
  return ending
}

/** What the developer's program gets to know of its intercepts; lists where there are several. */
function describeEnv (intercepts: readonly StandingIntercept[]): Readonly<Record<string, string>> {
  const list = (values: readonly string[]): string => [...new Set(values)].join(',')
  return {
    WAYLAY_INTERCEPT: list(intercepts.map(({ name }) => name)),
    WAYLAY_NAMESPACE: list(intercepts.map(({ namespace }) => namespace)),
    WAYLAY_WORKLOAD: list(intercepts.map(({ workload }) => workload))
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
