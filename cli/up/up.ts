import path from 'node:path'
import { chooseMatch, noteOnPatterns } from '../choose-match.ts'
import { openCluster, type Cluster } from '../cluster/kubeconfig.ts'
import type { CliDeps } from '../deps.ts'
import { prepareEnvironment } from '../environment/prepare.ts'
import type { UpFlags } from '../flags.ts'
import { createInspectorKeeper } from '../inspect/inspector-keeper.ts'
import { createDeveloper } from '../intercept/developer/developer.ts'
import { findPlaces } from '../intercept/places/find-places.ts'
import { createHostHint, withHostHint } from '../intercept/developer/host-rejection.ts'
import { createReport, type Report } from '../intercept/report/report.ts'
import { createStanding } from '../intercept/standing/standing.ts'
import type { StandingIntercept } from '../intercept/standing/standing-intercept.ts'
import type { Wish } from '../intercept/standing/wish.ts'
import type { FileIntercept } from '../project-file/project-file.ts'
import { chooseIntercepts, readProjectFile } from '../project-file/read-project-file.ts'
import { createLinePrinter } from './print-lines.ts'
import { UpRun } from './run.ts'

/** Starts the intercepts of a file and their programs, waits for their end, and returns the exit code. */
export async function up (names: readonly string[], flags: UpFlags, deps: CliDeps): Promise<number> {
  const file = await readProjectFile(flags.file, process.cwd(), deps.env)
  const chosen = chooseIntercepts(file, names)
  const report = createReport({ output: deps.output, format: flags.output, color: deps.color === true, now: Date.now })
  const cluster = openCluster(withFile(flags, file), deps)
  const standing = createStanding({
    cluster, report, hostName: deps.hostName, onEnded: (intercept, error) => { run.lost(intercept, error) }
  })
  const inspector = createInspectorKeeper(flags, cluster, report)
  const run: UpRun = new UpRun({
    report,
    inspector,
    standing,
    prepareEnv: async intercept => await preparePodEnv(intercept, cluster, report, deps),
    print: createLinePrinter(deps.output, flags.output, chosen.map(({ name }) => name)),
    folderOf: ({ dir = '.' }) => path.resolve(file.folder, dir)
  })
  const offSignals = deps.onStopSignal(signal => { run.stop(signal) })
  try {
    const wishes = async (): Promise<readonly Wish[]> => {
      const all = await Promise.all(chosen.map(async intercept =>
        await findWishes(intercept, flags, cluster, report, deps)))
      return await inspector.watch(all.flat())
    }
    return await run.start(chosen, wishes)
  } finally {
    await run.tidyUp()
    await inspector.stop()
    offSignals()
    cluster.close()
  }
}

/** What `waylay intercept` gives its program, too. */
async function preparePodEnv (
  { wish: { place, label = '' } }: StandingIntercept, cluster: Cluster, report: Report, deps: CliDeps
): Promise<CliDeps['env']> {
  const { env } = await prepareEnvironment({
    cluster,
    place,
    flags: {},
    startsProgram: true,
    env: deps.env,
    platform: deps.platform ?? process.platform,
    note: line => { report.note(`${label}: ${line}`) },
    onExit: () => () => {}
  })
  return env
}

/** The command line wins over the file, the file over the kubeconfig. */
export function withFile<F extends { readonly context?: string, readonly namespace?: string }> (
  flags: F, file: { readonly context?: string, readonly namespace?: string }
): F {
  const context = flags.context ?? file.context
  const namespace = flags.namespace ?? file.namespace
  return { ...flags, ...(context !== undefined && { context }), ...(namespace !== undefined && { namespace }) }
}

async function findWishes (
  { name, namespace, workload, ports, match: flagsOfMatch, takeOver, hostHeader }: FileIntercept,
  flags: UpFlags, cluster: Cluster, report: Report, deps: CliDeps
): Promise<readonly Wish[]> {
  const match = await chooseMatch(flagsOfMatch, deps)
  const note = noteOnPatterns(match)
  if (note !== undefined) report.note(note)
  const developers = ports.map(port =>
    withHostHint(createDeveloper(port), createHostHint(port.port, hostHeader, report.note)))
  const { places, warnings } = await findPlaces(
    cluster, flags.namespace ?? namespace ?? cluster.namespace, workload, ports.map(({ app }) => app))
  for (const warning of warnings) report.note(warning)
  return places.flatMap(place => {
    const developer = developers[place.wish]
    return developer === undefined ? [] : [{ place, match, developer, hostHeader, takeOver, label: name }]
  })
}
