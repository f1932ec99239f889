import { bundlePrograms } from '../../build/bundle.ts'
import type { Cleanup } from '../cleanup.ts'
import { makeFolder } from '../prepare.ts'
import type { Results, RowSamples } from '../sample.ts'
import { deployApp, setUpLab, SHARE, type Lab } from './lab.ts'
import type { TunnelDeps } from './rounds.ts'
import type { TunnelRow } from './rows.ts'
import { runDivert } from './run-divert.ts'
import { runHelp } from './run-help.ts'
import { runMux } from './run-mux.ts'
import { runReady } from './run-ready.ts'
import { drivePodCaller, driveProgram, standWays, type Way, type WayDeps } from './ways.ts'

type Ways = Readonly<Record<string, Way>>

/** Measures rows one after the other, and stands up what each of them needs when the first one needs it. */
export async function runRows (
  rows: readonly TunnelRow[], deps: TunnelDeps, cleanup: Cleanup, onRow: (row: TunnelRow, samples: RowSamples) => void
): Promise<{ readonly results: Results, readonly lab: Lab | undefined }> {
  if (rows.some(({ kind }) => kind !== 'mux')) await bundlePrograms(['waylay'])
  const needsCluster = rows.some(({ kind }) => kind === 'ready' || kind === 'divert')
  const lab = needsCluster ? await setUpLab(deps, cleanup) : undefined
  const stand = lab === undefined ? undefined : standOnce(lab, deps, cleanup)
  const results: Record<string, RowSamples> = {}
  for (const row of rows) {
    const samples = await runOne(row, deps, lab, stand)
    results[row.name] = samples
    onRow(row, samples)
  }
  return { results, lab }
}

async function runOne (
  row: TunnelRow, deps: TunnelDeps, lab: Lab | undefined, stand: ((delayMs: number) => Promise<Ways>) | undefined
): Promise<RowSamples> {
  switch (row.kind) {
    case 'mux': return await runMux(row, deps)
    case 'help': return await runHelp(row, deps)
    case 'ready': return await onPods(row, need(lab), deps)
    case 'divert': return await runDivert(row, need(row.load), await need(stand)(row.delayMs ?? 0), deps)
  }
}

/** Pods that only this row needs go again: thirty of them have probes to answer. */
async function onPods (row: TunnelRow, lab: Lab, deps: TunnelDeps): Promise<RowSamples> {
  const name = row.name
  deps.progress(`starting ${row.pods} pods`)
  await deployApp(lab, name, row.pods ?? 1)
  const samples = await runReady(row, name, lab, deps)
  await lab.kubectl(['delete', 'deployment,service', name, '--wait=true', '--timeout=120s'])
  return samples
}

/** One pod and both ways to it for each delay, kept for the rows that follow. */
function standOnce (lab: Lab, deps: TunnelDeps, cleanup: Cleanup): (delayMs: number) => Promise<Ways> {
  let wayDeps: Promise<WayDeps> | undefined
  const stood = new Map<number, Promise<Ways>>()
  return async delayMs => {
    wayDeps ??= standPod(lab, deps, cleanup)
    const ways = stood.get(delayMs) ?? standWays(await wayDeps, delayMs, cleanup)
    stood.set(delayMs, ways)
    return await ways
  }
}

async function standPod (lab: Lab, deps: TunnelDeps, cleanup: Cleanup): Promise<WayDeps> {
  deps.progress('starting an app in the cluster')
  await deployApp(lab, 'app', 1, SHARE)
  const developer = await driveProgram('answering-app', [], cleanup)
  const hostCaller = await driveProgram('load-caller', [], cleanup)
  return {
    lab,
    folder: makeFolder(cleanup),
    profile: deps.profile,
    podCaller: await drivePodCaller(lab, hostCaller, cleanup),
    hostCaller,
    developerPort: await developer<number>('listen')
  }
}

function need<T> (value: T | undefined): T {
  if (value === undefined) throw new TypeError('A row lacks what its kind needs')
  return value
}
