import { writeFileSync } from 'node:fs'
import type { Figure } from './figures.ts'
import { byName, measuredRows } from './json.ts'
import { readMachine } from './machine.ts'
import { figureTable, rowTable, type RowHead } from './report.ts'
import type { Results } from './sample.ts'

/** What a bench on a cluster found out. */
export type LabReport = {
  readonly rows: readonly RowHead[]
  readonly results: Results
  readonly figures: readonly Figure[]
  /** What a reader of the figures has to know. */
  readonly setting: Readonly<Record<string, string>>
  /** The flags that decide what a figure means. */
  readonly effort: Readonly<Record<string, number | boolean>>
}

export type Printing = { readonly json: boolean, readonly out: string | undefined }

/** Prints tables, or the figures by their names with all that they come from. */
export function printReport (report: LabReport, { json, out }: Printing): void {
  const text = `${JSON.stringify(toJson(report), undefined, 2)}\n`
  if (out !== undefined) writeFileSync(out, text)
  process.stdout.write(json ? text : describe(report))
}

function toJson ({ rows, results, figures, setting, effort }: LabReport): object {
  return {
    ...byName(figures),
    rows: measuredRows(results),
    machine: readMachine(),
    settings: { ...effort, ...setting, rows: Object.fromEntries(rows.map(({ name, about }) => [name, about])) }
  }
}

function describe ({ rows, results, figures, setting }: LabReport): string {
  const machine = readMachine()
  return [
    ...rows.map(row => rowTable(row, results[row.name] ?? {})),
    figureTable(figures.filter(({ row }) => rows.some(({ name }) => name === row))),
    [`machine: ${machine.cpu}, ${machine.cores} cores, ${machine.memoryGib} GiB, kernel ${machine.kernel}`,
      ...Object.entries(setting).map(([name, value]) => `${name}: ${value}`)].join('\n')
  ].join('\n\n') + '\n'
}
