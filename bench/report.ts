import type { Bar, Figure } from './figures.ts'
import type { Row } from './rows.ts'
import { FIELDS, valuesOf, type Field, type RowSamples } from './sample.ts'
import { median, range } from './stats.ts'

/** The table of one row: medians, beside them the ratio to nginx, and the spread of what decides. */
export function rowTable (row: Pick<Row, 'name' | 'about' | 'fields'>, samples: RowSamples): string {
  const sides = Object.keys(samples)
  const [first = 'requestsPerSecond'] = row.fields
  const header = ['side', ...row.fields.flatMap(field => [FIELDS[field].title, '/nginx']), `spread ${FIELDS[first].title}`,
    ...warningFields(samples).map(field => FIELDS[field].title)]
  const lines = sides.map(side => [
    side,
    ...row.fields.flatMap(field => {
      const own = median(valuesOf(samples[side], field))
      return [format(own, FIELDS[field].digits), format(own / median(valuesOf(samples['nginx'], field)), 2)]
    }),
    formatRange(range(valuesOf(samples[side], first)), FIELDS[first].digits),
    ...warningFields(samples).map(field => format(Math.max(...valuesOf(samples[side], field)), 0))
  ])
  return `${row.name}: ${row.about}\n${align([header, ...lines])}`
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
  return `${format(low, digits)}-${format(high, digits)}`
}

function format (value: number, digits: number): string {
  if (!Number.isFinite(value)) return '-'
  return value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits })
}
