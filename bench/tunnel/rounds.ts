import { rotate } from '../run-row.ts'
import { FIELDS, type Field, type RowSamples, type Sample } from '../sample.ts'
import type { RowHead } from '../report.ts'

/** What a row needs of the run. */
export type TunnelDeps = {
  readonly rounds: number
  readonly seconds: number
  /** Folder for CPU profiles. */
  readonly profile: string | undefined
  readonly signal: AbortSignal
  readonly progress: (line: string) => void
}

/** Measures each side once in each round, in each round in another order. */
export async function runRounds (
  row: RowHead & { readonly sides: readonly string[] }, { rounds, signal, progress }: TunnelDeps,
  measure: (side: string) => Promise<Sample>
): Promise<RowSamples> {
  const samples = new Map<string, Sample[]>(row.sides.map(side => [side, []]))
  for (let round = 0; round < rounds; round++) {
    for (const side of rotate(row.sides, round)) {
      signal.throwIfAborted()
      const sample = await measure(side)
      samples.get(side)?.push(sample)
      progress(`${row.name} ${round + 1}/${rounds} ${side.padEnd(10)} ${describe(sample, row.fields)}`)
    }
  }
  return Object.fromEntries(samples)
}

function describe (sample: Sample, fields: readonly Field[]): string {
  const parts = fields.map(field => `${FIELDS[field].title} ${(sample[field] ?? NaN).toFixed(FIELDS[field].digits)}`)
  return [...parts, ...(sample.errors ?? 0) > 0 ? [`${sample.errors} ERRORS`] : []].join(', ')
}
