import { bundlePrograms } from '../../build/bundle.ts'
import { environmentOf } from '../../demo/kubectl.ts'
import type { Cleanup } from '../cleanup.ts'
import type { CallerResult, LoadCommand } from '../programs/load-caller.ts'
import type { Results, RowSamples } from '../sample.ts'
import { deployApp, setUpLab, SHARE, type Lab } from '../tunnel/lab.ts'
import { runRounds, type TunnelDeps } from '../tunnel/rounds.ts'
import { LARGE_BYTES } from '../tunnel/rows.ts'
import { startCli } from '../tunnel/run-ready.ts'
import { driveProgram, startPortForward } from '../tunnel/ways.ts'
import type { PreviewRow } from './rows.ts'

const WARM_UP_SECONDS = 2
const VALUE = 'bench-0k3v9x2m'
const PLAIN = 'plain'
const INJECTED = 'injected'

/** Ports of this machine that lead to a pod, by side. */
type Ports = Readonly<Record<string, number>>

/** Measures rows one after the other: both ways to one pod, and the preview's to one with a proxy. */
export async function runRows (
  rows: readonly PreviewRow[], deps: TunnelDeps, cleanup: Cleanup,
  onRow: (row: PreviewRow, samples: RowSamples) => void
): Promise<{ readonly results: Results, readonly lab: Lab }> {
  await bundlePrograms(['waylay'])
  const lab = await setUpLab(deps, cleanup)
  deps.progress('starting two apps in the cluster')
  await Promise.all([deployApp(lab, PLAIN, 1, SHARE, false), deployApp(lab, INJECTED, 1, SHARE)])
  const caller = await driveProgram('load-caller', [], cleanup)
  const ports = await standWays(lab, deps, cleanup)
  const results: Record<string, RowSamples> = {}
  for (const row of rows) {
    const load = async (side: string, seconds: number): Promise<CallerResult> =>
      await caller<CallerResult>('load', loadOf(row, ports[side] ?? 0, seconds))
    for (const side of row.sides) await load(side, WARM_UP_SECONDS)
    const samples = await runRounds(row, deps, async side => {
      const { requests, seconds, p50Us } = await load(side, deps.seconds)
      return { requestsPerSecond: requests / seconds, p50Us, mbPerSecond: requests * LARGE_BYTES / seconds / 1e6 }
    })
    results[row.name] = samples
    onRow(row, samples)
  }
  return { results, lab }
}

function loadOf ({ exchange, connections }: PreviewRow, port: number, seconds: number): LoadCommand {
  const { path, uploadBytes } = exchange
  return { host: '127.0.0.1', port, path, uploadBytes, connections, seconds, headers: {} }
}

async function standWays (lab: Lab, { profile }: TunnelDeps, cleanup: Cleanup): Promise<Ports> {
  const env = environmentOf(lab.cluster)
  const preview = async (app: string): Promise<number> => {
    const { firstLine } = await startCli(['preview', app, '--namespace', lab.namespace, '--id', VALUE], { env, profile, cleanup })
    return Number(new URL((JSON.parse(firstLine) as { readonly url: string }).url).port)
  }
  const [kubectl, waylay, injected] = await Promise.all([
    startPortForward(lab, PLAIN, env, cleanup), preview(PLAIN), preview(INJECTED)
  ])
  return { kubectl, waylay, 'waylay-injected': injected }
}
