import type { Cleanup } from '../cleanup.ts'
import { computeFigures } from '../figures.ts'
import { printReport } from '../lab-report.ts'
import { readWaylay } from '../machine.ts'
import { CORES } from '../pod.ts'
import { rowTable } from '../report.ts'
import type { Lab } from '../tunnel/lab.ts'
import { WEBHOOK_FIGURE_RULES } from './figures.ts'
import { parseWebhookOptions, WEBHOOK_HELP } from './options.ts'
import { WEBHOOK_ROWS } from './rows.ts'
import { runRows } from './run-rows.ts'

/** `npm run bench -- webhook`: measures and prints. */
export async function benchWebhook (
  args: readonly string[], cleanup: Cleanup, signal: AbortSignal, progress: (line: string) => void
): Promise<void> {
  const options = parseWebhookOptions(args)
  if (options.help) return void process.stdout.write(WEBHOOK_HELP)
  const rows = WEBHOOK_ROWS.filter(({ name }) => options.rows.includes(name))
  const { results, lab } = await runRows(rows, { ...options, signal, progress }, cleanup, (row, samples) => {
    progress(`\n${rowTable(row, samples)}\n`)
  })
  printReport({
    rows,
    results,
    figures: computeFigures(results, WEBHOOK_FIGURE_RULES),
    setting: { waylay: readWaylay(), node: process.version, ...(lab !== undefined && describeSetting(lab)) },
    effort: {
      rounds: options.rounds,
      secondsPerMeasurement: options.seconds,
      pods: options.pods,
      profiled: options.profile !== undefined
    }
  }, options)
}

function describeSetting ({ cluster }: Lab): Readonly<Record<string, string>> {
  return {
    cluster: `${cluster.kind}, Kubernetes ${cluster.kubernetesVersion}`,
    'the webhook': `one more replica, on core ${CORES.side} of this machine`,
    'the reviews': `dry runs from core ${CORES.load}; the cluster runs on both cores`,
    'a time': 'as the sender sees it, with TLS and its own work'
  }
}
