import type { Cleanup } from '../cleanup.ts'
import type { Results, RowSamples } from '../sample.ts'
import { setUpLab, type Lab } from '../tunnel/lab.ts'
import type { WebhookDeps } from './deps.ts'
import type { WebhookRow } from './rows.ts'
import { runAdmissions } from './run-admissions.ts'
import { runImages } from './run-images.ts'
import { runReadiness } from './run-readiness.ts'
import { standWebhook, type StoodWebhook } from './stand-webhook.ts'

/** Measures rows one after the other, and stands up what each of them needs when the first one needs it. */
export async function runRows (
  rows: readonly WebhookRow[], deps: WebhookDeps, cleanup: Cleanup,
  onRow: (row: WebhookRow, samples: RowSamples) => void
): Promise<{ readonly results: Results, readonly lab: Lab | undefined }> {
  const lab = rows.some(({ name }) => name !== 'images') ? await setUpLab(deps, cleanup) : undefined
  let webhook: Promise<StoodWebhook> | undefined
  const results: Record<string, RowSamples> = {}
  for (const row of rows) {
    const samples = row.name === 'images' || lab === undefined
      ? await runImages(row, deps, cleanup)
      : row.name === 'readiness'
        ? await runReadiness(row, lab, deps, cleanup)
        : await runAdmissions(row, await (webhook ??= standWebhook(lab, deps.profile, cleanup)), lab, deps)
    results[row.name] = samples
    onRow(row, samples)
  }
  return { results, lab }
}
