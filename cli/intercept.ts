import { assertNever } from '../common/assert-never.ts'
import { WaylayError } from '../common/errors.ts'
import { chooseMatch, noteOnPatterns } from './choose-match.ts'
import { openCluster } from './cluster/kubeconfig.ts'
import type { CliDeps } from './deps.ts'
import type { DeveloperPort } from './developer-port.ts'
import type { InterceptFlags } from './flags.ts'
import { startChild } from './intercept/child.ts'
import { createDeveloper, type Developer } from './intercept/developer.ts'
import { createReport } from './intercept/report.ts'
import { standIntercept, type StandingIntercept } from './intercept/stand.ts'
import { parseWorkloadName } from './workload-name.ts'

/** Why a standing intercept ends. */
export type Ending =
  | { readonly kind: 'stopped' }
  | { readonly kind: 'command', readonly exitCode: number }
  | { readonly kind: 'failed', readonly error: WaylayError }

/** One command line, read. */
export type InterceptRequest = {
  readonly workload: string
  readonly developerPort: DeveloperPort
  /** The developer's own program and its arguments; empty when they start it themselves. */
  readonly command: readonly string[]
  readonly flags: InterceptFlags
}

// Ctrl-C must be felt everywhere within a second.
const CHILD_GRACE_MS = 800

/** Runs one intercept from start to end and returns the exit code. */
export async function intercept (
  { workload, developerPort, command, flags }: InterceptRequest, deps: CliDeps
): Promise<number> {
  const wanted = parseWorkloadName(workload)
  const match = await chooseMatch(flags, deps)
  const developer = createDeveloper(developerPort)
  const report = createReport(deps.output, flags.output)
  const note = noteOnPatterns(match)
  if (note !== undefined) report.note(note)
  const ending = Promise.withResolvers<Ending>()
  const offSignals = deps.onStopSignal(() => { ending.resolve({ kind: 'stopped' }) })
  const cluster = openCluster(flags)
  const standing = standIntercept({
    cluster,
    wanted,
    match,
    developer,
    report,
    appPort: developerPort.app,
    hostName: deps.hostName,
    onFailure: error => { ending.resolve({ kind: 'failed', error }) }
  })
  try {
    // Asked for while the cluster is, told only when the rest is well.
    const silence = command.length === 0 ? findSilence(developer) : Promise.resolve(undefined)
    // A signal may come before it stands; a failure of ours then comes out of `ready` itself.
    const early = await Promise.race([standing.ready, ending.promise])
    if (early !== undefined) return exitCodeFor(early)
    void silence.then(warning => { if (warning !== undefined) report.note(warning) })
    return await untilEnd(command, deps, standing, ending.promise)
  } finally {
    await standing.stop()
    offSignals()
    cluster.close()
  }
}

/** Waits for the first of: a signal, the end of the developer's program, something that ends the intercept. */
async function untilEnd (
  command: readonly string[], deps: CliDeps, standing: StandingIntercept, ended: Promise<Ending>
): Promise<number> {
  if (command.length === 0) return exitCodeFor(await ended)
  const child = await startChild(command, { ...deps.env, ...standing.env })
  const ending = await Promise.race([
    ended, child.exited.then((exitCode): Ending => ({ kind: 'command', exitCode }))
  ])
  if (ending.kind !== 'command') await Promise.all([child.stop(CHILD_GRACE_MS), standing.stop()])
  return exitCodeFor(ending)
}

function exitCodeFor (ending: Ending): number {
  switch (ending.kind) {
    case 'stopped': return 0
    case 'command': return ending.exitCode
    case 'failed': throw ending.error
    default: return assertNever(ending)
  }
}

/** A warning where nothing listens yet; no failure, because many start their program after us. */
async function findSilence (developer: Developer): Promise<string | undefined> {
  try {
    (await developer.dial()).destroy()
    return undefined
  } catch {
    return `Warning: nothing listens on ${developer.address} yet. Until something does, your requests get 502.`
  }
}
