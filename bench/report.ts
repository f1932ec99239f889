import type { Bar, Figure } from './figures.ts'
import { FIELDS, valuesOf, type Field, type RowSamples, type Sample } from './sample.ts'
import { median, range } from './stats.ts'

/** What the others are compared with, the first that was measured. */
const BASES = ['nginx', 'direct', 'kubectl', 'node-http2'] as const

/** What a table needs to know of a row. */
export type RowHead = { readonly name: string, readonly about: string, readonly fields: readonly Field[] }

/** The table of one row: medians, beside them the ratio to nginx (or the app alone), and the spread of what decides. */
export function rowTable (row: RowHead, samples: RowSamples): string {
  const base = BASES.find(name => samples[name] !== undefined)
  const columns = row.fields.flatMap(field => fieldColumns(field, base === undefined ? undefined : samples[base], base))
  const spread = row.fields.slice(0, 1).map((field): Column => ({
    title: `${FIELDS[field].title}, all rounds`,
    cell: own => formatRange(range(valuesOf(own, field)), FIELDS[field].digits)
  }))
  const warnings = warningFields(samples).map((field): Column => ({
    title: `${FIELDS[field].title} (worst)`, cell: own => format(Math.max(...valuesOf(own, field)), 0)
  }))
  const all = [...columns, ...spread, ...warnings]
  const lines = Object.entries(samples).map(([side, own]) => [side, ...all.map(({ cell }) => cell(own))])
  return `${row.name}: ${row.about}\n${align([['side', ...all.map(({ title }) => title)], ...lines])}`
}

type Column = { readonly title: string, readonly cell: (own: readonly Sample[]) => string }

/** A median, and where it can be compared its ratio to that of `base`. */
function fieldColumns (field: Field, base: readonly Sample[] | undefined, baseName = ''): readonly Column[] {
  const { title, digits, compared } = FIELDS[field]
  const value: Column = { title, cell: own => format(median(valuesOf(own, field)), digits) }
  const baseMedian = median(valuesOf(base, field))
  if (!compared || !(baseMedian > 0)) return [value]
  const ratio: Column = { title: `/${baseName}`, cell: own => format(median(valuesOf(own, field)) / baseMedian, 2) }
  return [value, ratio]
}

/** The figures that the project promises, beside their bars. */
export function figureTable (figures: readonly Figure[]): string {
  const lines = figures.map(({ name, value, bar, interval, spread, met }) => [
    name,
    value === null ? '-' : format(value, 3),
    formatBar(bar),
    met === null ? 'not measured' : met ? 'met' : 'MISSED',
    interval !== undefined ? `95 %: ${formatRange(interval, 3)}` : spread !== undefined ? `rounds: ${formatRange(spread, 3)}` : ''
  ])
  return align([['figure', 'value', 'bar', '', 'uncertainty'], ...lines])
}

/** Columns as wide as their widest cell; the first one to the left, the others to the right. */
export function align (rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map(row => row[column]?.length ?? 0)))
  return rows.map(row => row.map((cell, column) => {
    const width = widths[column] ?? 0
    return column === 0 ? cell.padEnd(width) : cell.padStart(width)
  }).join('  ').trimEnd()).join('\n')
}

/** Shown only where there is something to say. */
function warningFields (samples: RowSamples): readonly Field[] {
  const worst = (field: Field): number => Math.max(0, ...Object.values(samples).flatMap(one => valuesOf(one, field)))
  return [...(worst('errors') > 0 ? ['errors' as const] : []), ...(worst('foreignPercent') > 5 ? ['foreignPercent' as const] : [])]
}

function formatBar (bar: Bar): string {
  return 'atLeast' in bar ? `>= ${bar.atLeast}` : `<= ${bar.atMost}`
}

function formatRange ([low, high]: readonly [number, number], digits: number): string {
  if (!Number.isFinite(low)) return '-'
  return `${format(low, digits)}-${format(high, digits)}`
}

function format (value: number, digits: number): string {
  if (!Number.isFinite(value)) return '-'
  return value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits })
}
