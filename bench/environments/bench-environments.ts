import { bundlePrograms } from '../../build/bundle.ts'
import type { Cleanup } from '../cleanup.ts'
import { computeFigures } from '../figures.ts'
import { printReport } from '../lab-report.ts'
import { readWaylay } from '../machine.ts'
import { rowTable } from '../report.ts'
import { describeCluster } from '../tunnel/lab.ts'
import { ENVIRONMENTS_FIGURE_RULES } from './figures.ts'
import { ENVIRONMENTS_HELP, parseEnvironmentsOptions } from './options.ts'
import { ENVIRONMENTS_ROWS } from './rows.ts'
import { ENVIRONMENTS_SHARE, runRows } from './run-rows.ts'

/** `npm run bench -- env`: measures and prints. */
export async function benchEnvironments (
  args: readonly string[], cleanup: Cleanup, signal: AbortSignal, progress: (line: string) => void
): Promise<void> {
  const options = parseEnvironmentsOptions(args)
  if (options.help) return void process.stdout.write(ENVIRONMENTS_HELP)
  await bundlePrograms(['waylay'])
  const { results, lab, apiRequests } = await runRows({ ...options, signal, progress }, cleanup, (row, samples) => {
    progress(`\n${rowTable(row, samples)}\n`)
  })
  printReport({
    rows: ENVIRONMENTS_ROWS,
    results,
    figures: computeFigures(results, ENVIRONMENTS_FIGURE_RULES),
    setting: {
      waylay: readWaylay(),
      node: process.version,
      ...await describeCluster(lab),
      'CPU requests of the pods': `app ${ENVIRONMENTS_SHARE.app}, waylay-proxy ${ENVIRONMENTS_SHARE.sidecar}`,
      'the workload': 'a Deployment of 2 replicas; copies and companions run on the same nodes as all that is measured',
      'requests a second of the API server with all standing idle': apiRequests
    },
    effort: {
      environments: options.environments,
      atOnce: options.atOnce,
      rounds: options.rounds,
      secondsPerMeasurement: options.seconds,
      idleSeconds: options.idleSeconds
    }
  }, options)
}
