import { plain, type FigureRule } from '../figures.ts'
import { valuesOf } from '../sample.ts'
import { median } from '../stats.ts'
import { STEADY_PER_SECOND } from './rows.ts'

/** What the project promises of the webhook and of what it puts into pods. */
export const WEBHOOK_FIGURE_RULES: readonly FigureRule[] = [
  plain(`webhook.p99_ms.${STEADY_PER_SECOND}_per_second`, 'steady', 'webhook', 'p99Ms', { atMost: 5 }),
  plain('webhook.admissions_per_second', 'sustained', 'webhook', 'requestsPerSecond', { atLeast: 1000 }),
  addedReadiness('pod.added_readiness_ms', ['waylay', 'plain']),
  // The kubelet takes about a second for each step before the app's container, whatever runs in it.
  addedReadiness('pod.added_readiness_ms.vs_any_init_and_sidecar', ['waylay', 'bare']),
  ...['sidecar', 'webhook', 'cli'].map(image =>
    plain(`image.${image}.compressed_mb`, 'images', image, 'compressedMb', { atMost: 90 }))
]

/** The difference of two medians. Pods by themselves say little: the kubelet looks once a second. */
function addedReadiness (name: string, sides: readonly [string, string]): FigureRule {
  return {
    name,
    row: 'readiness',
    sides,
    bar: { atMost: 500 },
    uncertainty: 'interval',
    statistic: (samples, rounds) => {
      const [ours, others] = sides.map(side => {
        const values = valuesOf(samples[side], 'wholeMs')
        return median(rounds.map(round => values[round] ?? NaN))
      })
      return (ours ?? NaN) - (others ?? NaN)
    }
  }
}
