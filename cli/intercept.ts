import { assertNever } from '../common/assert-never.ts'
import type { WaylayError } from '../common/errors.ts'
import { chooseMatch, noteOnPatterns } from './choose-match.ts'
import { openCluster } from './cluster/kubeconfig.ts'
import { findWorkload } from './cluster/workloads.ts'
import type { CliDeps } from './deps.ts'
import type { DeveloperPort } from './developer-port.ts'
import type { InterceptFlags } from './flags.ts'
import { startChild } from './intercept/child.ts'
import { createDeveloper, type Developer } from './intercept/developer.ts'
import { createReport } from './intercept/report.ts'
import { createStanding, type Standing } from './intercept/standing.ts'
import type { StandingIntercept } from './intercept/standing-intercept.ts'
import type { Wish } from './intercept/wish.ts'
import { parseWorkloadName } from './workload-name.ts'

/** Why a standing intercept ends. */
export type Ending =
  | { readonly kind: 'stopped' }
  | { readonly kind: 'command', readonly exitCode: number }
  | { readonly kind: 'failed', readonly error: WaylayError }

/** One command line, read. */
export type InterceptRequest = {
  readonly workload: string
  readonly ports: readonly DeveloperPort[]
  /** The developer's own program and its arguments; empty when they start it themselves. */
  readonly command: readonly string[]
  readonly flags: InterceptFlags
}

// Ctrl-C must be felt everywhere within a second.
const CHILD_GRACE_MS = 800

/** Runs one intercept from start to end and returns the exit code. */
export async function intercept (
  { workload, ports, command, flags }: InterceptRequest, deps: CliDeps
): Promise<number> {
  const wanted = parseWorkloadName(workload)
  const match = await chooseMatch(flags, deps)
  const developers = ports.map(createDeveloper)
  const report = createReport({ output: deps.output, format: flags.output, color: deps.color === true, now: Date.now })
  const note = noteOnPatterns(match)
  if (note !== undefined) report.note(note)
  const ending = Promise.withResolvers<Ending>()
  const offSignals = deps.onStopSignal(() => { ending.resolve({ kind: 'stopped' }) })
  const cluster = openCluster(flags)
  const standing = createStanding({
    cluster,
    report,
    hostName: deps.hostName,
    onEnded: (_intercept, error) => { ending.resolve({ kind: 'failed', error }) }
  })
  const stand = async (): Promise<readonly StandingIntercept[]> => {
    const found = await findWorkload(cluster, cluster.namespace, wanted)
    return await standing.stand(ports.map((port, index): Wish => ({
      workload: found, appPort: port.app, match, developer: developers[index] ?? createDeveloper(port)
    })))
  }
  try {
    // Asked for while the cluster is, told only when the rest is well.
    const silence = command.length === 0 ? Promise.all(developers.map(findSilence)) : Promise.resolve([])
    // A signal may come before it stands; a failure of ours then comes out of `stand` itself.
    const early = await Promise.race([stand(), ending.promise])
    if ('kind' in early) return exitCodeFor(early)
    void silence.then(warnings => { for (const warning of warnings) if (warning !== undefined) report.note(warning) })
    return await untilEnd(command, deps, standing, early, ending.promise)
  } finally {
    await standing.stop()
    offSignals()
    cluster.close()
  }
}

/** Waits for the first of: a signal, the end of the developer's program, something that ends the intercept. */
async function untilEnd (
  command: readonly string[], deps: CliDeps, standing: Standing,
  intercepts: readonly StandingIntercept[], ended: Promise<Ending>
): Promise<number> {
  if (command.length === 0) return exitCodeFor(await ended)
  const child = await startChild(command, { ...deps.env, WAYLAY_INTERCEPT: intercepts.map(({ name }) => name).join(',') })
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
