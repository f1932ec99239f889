import path from 'node:path'
import { COMPANION_VARIABLE } from '../../common/contract.ts'
import { readCompanion } from '../../environments/owner.ts'
import { openCluster, type Cluster } from '../cluster/kubeconfig.ts'
import type { CliDeps } from '../deps.ts'
import { prepareEnvironment } from '../environment/prepare.ts'
import type { UpFlags } from '../flags.ts'
import { createInspectorKeeper } from '../inspect/inspector-keeper.ts'
import { createDeveloper } from '../intercept/developer/developer.ts'
import { createReport, type Report } from '../intercept/report/report.ts'
import { createStanding } from '../intercept/standing/standing.ts'
import type { StandingIntercept } from '../intercept/standing/standing-intercept.ts'
import type { Wish } from '../intercept/standing/wish.ts'
import { chooseIntercepts, readProjectFile } from '../project-file/read-project-file.ts'
import { standAsCompanion } from './companion.ts'
import { findWishes } from './find-wishes.ts'
import { createLinePrinter } from './print-lines.ts'
import { UpRun } from './run.ts'

/** Starts the intercepts of a file and their programs, waits for their end, and returns the exit code. */
export async function up (names: readonly string[], flags: UpFlags, deps: CliDeps): Promise<number> {
  const companion = deps.env[COMPANION_VARIABLE]
  const owner = companion === undefined ? undefined : readCompanion(companion)
  const file = await readProjectFile(flags.file, process.cwd(), deps.env)
  const chosen = chooseIntercepts(file, names)
  const report = createReport({ output: deps.output, format: flags.output, color: deps.color === true, now: Date.now })
  const cluster = openCluster(withFile(flags, file), deps)
  if (owner !== undefined) {
    await standAsCompanion(owner, chosen, { cluster, report, flags, cli: deps })
    return 0
  }
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
      const looking = { cluster, flags, cli: deps, note: report.note, developerOf: createDeveloper }
      const all = await Promise.all(chosen.map(async intercept => await findWishes(intercept, looking)))
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
