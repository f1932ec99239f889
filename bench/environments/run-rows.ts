import { ANNOTATIONS } from '../../common/contract.ts'
import type { Cleanup } from '../cleanup.ts'
import type { Results, RowSamples } from '../sample.ts'
import { CALLER_POD, deployApp, setUpLab, type Lab, type Share } from '../tunnel/lab.ts'
import { runRounds } from '../tunnel/rounds.ts'
import { driveCallerIn, drivePodCaller, driveProgram } from '../tunnel/ways.ts'
import { waylayEnv } from './command.ts'
import { APPS, type EnvironmentsDeps } from './deps.ts'
import type { EnvironmentsOptions } from './options.ts'
import { ENVIRONMENTS_ROWS, type EnvironmentsRow, type EnvironmentsRowName } from './rows.ts'
import { runDown } from './run-down.ts'
import { watchIdle } from './run-idle.ts'
import { countIntercepts, runUnmarked } from './run-unmarked.ts'
import { runUp } from './run-up.ts'

export type RunOptions = EnvironmentsOptions & Pick<EnvironmentsDeps, 'signal' | 'progress'>

export type Ran = {
  readonly results: Results
  readonly lab: Lab
  /** For people: which requests the API server answered while all stood idle. */
  readonly apiRequests: string
}

// What each asks for: the whole cluster may be one machine of two cores.
export const ENVIRONMENTS_SHARE: Share = { app: '5m', sidecar: '100m' }
// Beside those that are measured, the one that is made and removed alone.
const SPARE_ENVIRONMENTS = 5

/** From an empty namespace to many environments and back, each row at its time. */
export async function runRows (
  options: RunOptions, cleanup: Cleanup, onRow: (row: EnvironmentsRow, samples: RowSamples) => void
): Promise<Ran> {
  const deps = await setUp(options, cleanup)
  const results: Record<string, RowSamples> = {}
  const keep = (name: EnvironmentsRowName, samples: RowSamples): void => {
    results[name] = samples
    onRow(rowOf(name), samples)
  }
  keep('before', await runUnmarked(rowOf('before'), deps))
  const none = await watchIdle(deps)
  keep('up', await runUp(deps))
  await requireAll(deps)
  keep('list', await runRounds(rowOf('list'), { ...deps, profile: undefined }, async () => {
    const { wholeMs } = await waylayEnv(deps, ['list'])
    return { wholeMs }
  }))
  keep('standing', await runUnmarked(rowOf('standing'), deps))
  const standing = await watchIdle(deps)
  keep('api', { none: [none.api], standing: [standing.api] })
  keep('usage', standing.usage)
  await requireAll(deps)
  keep('down', await runDown(deps))
  return { results, lab: deps.lab, apiRequests: standing.requests }
}

export async function setUp (options: RunOptions, cleanup: Cleanup): Promise<EnvironmentsDeps> {
  const { environments, progress } = options
  const lab = await setUpLab(options, cleanup)
  await lab.kubectl(['annotate', 'namespace', lab.namespace,
    `${ANNOTATIONS.maxEnvironments}=${environments + SPARE_ENVIRONMENTS}`])
  progress('starting three apps in the cluster')
  await Promise.all([
    deployApp(lab, APPS.direct, 1, ENVIRONMENTS_SHARE, false),
    deployApp(lab, APPS.quiet, 1, ENVIRONMENTS_SHARE),
    deployApp(lab, APPS.app, 2, ENVIRONMENTS_SHARE)
  ])
  const hostCaller = await driveProgram('load-caller', [], cleanup)
  const caller = await drivePodCaller(lab, hostCaller, cleanup)
  const marker = caller === hostCaller
    ? await driveProgram('load-caller', [], cleanup)
    : await driveCallerIn(CALLER_POD, lab, cleanup)
  return { ...options, lab, caller, marker }
}

/** One that fell over, or was never there, would make all that is measured look better. */
async function requireAll (deps: EnvironmentsDeps): Promise<void> {
  const intercepts = await countIntercepts(deps)
  if (intercepts !== deps.environments) {
    throw new Error(`There are ${intercepts} intercepts for ${deps.environments} environments`)
  }
}

function rowOf (name: EnvironmentsRowName): EnvironmentsRow {
  const found = ENVIRONMENTS_ROWS.find(row => row.name === name)
  if (found === undefined) throw new Error(`There is no row "${name}"`)
  return found
}
