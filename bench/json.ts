import { CORES, SYSCTLS } from './pod.ts'
import type { Figure } from './figures.ts'
import type { Machine } from './machine.ts'
import type { Options } from './options.ts'
import type { ChosenRow } from './plan.ts'
import { idleConnections } from './run-memory.ts'
import { FIELDS, valuesOf, type Field, type Results } from './sample.ts'
import { sideOf } from './sides/all.ts'
import { supervisorNodeOptions } from './sides/waylay.ts'
import { median } from './stats.ts'

/** All that a run found out. */
export type Report = {
  readonly options: Options
  readonly rows: readonly ChosenRow[]
  readonly missing: readonly string[]
  readonly results: Results
  readonly figures: readonly Figure[]
  readonly machine: Machine
  readonly versions: Readonly<Record<string, string | null>>
}

type Measured = { readonly median: number | null, readonly rounds: readonly (number | null)[] }

/** The figures by their names, and beside them all that they come from. */
export function toJson (report: Report): Readonly<Record<string, unknown>> {
  const { figures, results, machine, versions, missing, rows, options } = report
  return {
    ...byName(figures),
    rows: measuredRows(results),
    machine,
    versions,
    missing,
    settings: {
      rounds: options.rounds,
      secondsPerMeasurement: options.seconds,
      profiled: options.profile !== undefined,
      cores: CORES,
      sysctls: SYSCTLS,
      idleConnections: idleConnections(),
      proxyNodeOptions: supervisorNodeOptions(),
      rows: Object.fromEntries(rows.map(({ row }) => [row.name, row.about])),
      sides: Object.fromEntries(rows.flatMap(({ sides }) => sides).map(name => [name, sideOf(name).about]))
    }
  }
}

export function byName (figures: readonly Figure[]): Readonly<Record<string, unknown>> {
  return Object.fromEntries(figures.map(({ name, ...figure }) => [name, figure]))
}

/** Every round of every side, by row, side and field. */
export function measuredRows (results: Results): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(results).map(([row, sides]) => [row, Object.fromEntries(
    Object.entries(sides).map(([side, samples]) => [side, Object.fromEntries(fieldsOf(samples).map(field =>
      [field, measured(valuesOf(samples, field))]))]))]))
}

function fieldsOf (samples: Results[string][string]): readonly Field[] {
  return (Object.keys(FIELDS) as Field[]).filter(field => valuesOf(samples, field).some(value => !Number.isNaN(value)))
}

function measured (values: readonly number[]): Measured {
  const clean = (value: number): number | null => Number.isFinite(value) ? Number(value.toPrecision(6)) : null
  return { median: clean(median(values)), rounds: values.map(clean) }
}
