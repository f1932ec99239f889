import type { Cleanup } from '../cleanup.ts'
import { computeFigures } from '../figures.ts'
import { parseLabOptions } from '../lab-options.ts'
import { printReport } from '../lab-report.ts'
import { readWaylay } from '../machine.ts'
import { rowTable } from '../report.ts'
import { describeCluster } from '../tunnel/lab.ts'
import { PREVIEW_FIGURE_RULES } from './figures.ts'
import { PREVIEW_HELP } from './help.ts'
import { PREVIEW_ROW_NAMES, PREVIEW_ROWS } from './rows.ts'
import { runRows } from './run-rows.ts'

/** `npm run bench -- preview`: measures and prints. */
export async function benchPreview (
  args: readonly string[], cleanup: Cleanup, signal: AbortSignal, progress: (line: string) => void
): Promise<void> {
  const options = parseLabOptions(args, PREVIEW_ROW_NAMES)
  if (options.help) return void process.stdout.write(PREVIEW_HELP)
  const rows = PREVIEW_ROWS.filter(({ name }) => options.rows.includes(name))
  const { results, lab } = await runRows(rows, { ...options, signal, progress }, cleanup, (row, samples) => {
    progress(`\n${rowTable(row, samples)}\n`)
  })
  printReport({
    rows,
    results,
    figures: computeFigures(results, PREVIEW_FIGURE_RULES),
    setting: {
      waylay: readWaylay(),
      node: process.version,
      ...await describeCluster(lab),
      'the way of waylay': 'caller -> waylay preview -> API server -> app in a pod without a proxy',
      'the way of kubectl': 'the same caller -> kubectl port-forward -> API server -> the same app',
      'the way of waylay-injected': 'the same caller -> waylay preview -> API server -> the proxy in another pod -> its app'
    },
    effort: {
      rounds: options.rounds,
      secondsPerMeasurement: options.seconds,
      profiled: options.profile !== undefined
    }
  }, options)
}
