import type { Cleanup } from '../cleanup.ts'
import { computeFigures } from '../figures.ts'
import { parseLabOptions } from '../lab-options.ts'
import { printReport } from '../lab-report.ts'
import { readWaylay } from '../machine.ts'
import { rowTable } from '../report.ts'
import { TUNNEL_FIGURE_RULES } from './figures.ts'
import { describeLab } from './lab.ts'
import { TUNNEL_HELP } from './help.ts'
import { TUNNEL_ROW_NAMES, TUNNEL_ROWS } from './rows.ts'
import { runRows } from './run-rows.ts'

const DELAY_TEXT = 'a relay between the developer\'s machine and the API server, for both sides: each byte later, none slower'

/** `npm run bench -- tunnel`: measures and prints. */
export async function benchTunnel (
  args: readonly string[], cleanup: Cleanup, signal: AbortSignal, progress: (line: string) => void
): Promise<void> {
  const options = parseLabOptions(args, TUNNEL_ROW_NAMES)
  if (options.help) return void process.stdout.write(TUNNEL_HELP)
  const rows = TUNNEL_ROWS.filter(({ name }) => options.rows.includes(name))
  const { results, lab } = await runRows(rows, { ...options, signal, progress }, cleanup, (row, samples) => {
    progress(`\n${rowTable(row, samples)}\n`)
  })
  printReport({
    rows,
    results,
    figures: computeFigures(results, TUNNEL_FIGURE_RULES),
    setting: {
      waylay: readWaylay(),
      node: process.version,
      ...(lab !== undefined && await describeLab(lab)),
      ...(rows.some(({ delayMs = 0 }) => delayMs > 0) && { delay: DELAY_TEXT })
    },
    effort: {
      rounds: options.rounds,
      secondsPerMeasurement: options.seconds,
      profiled: options.profile !== undefined
    }
  }, options)
}
