import type { Options } from './options.ts'
import { createRows, type Row } from './rows.ts'
import { WARM_UP_SECONDS } from './run-row.ts'
import { sideOf } from './sides/all.ts'
import type { Paths, SideName } from './sides/side.ts'

/** A row and those of its sides that are asked for and can be had. */
export type ChosenRow = {
  readonly row: Row
  readonly sides: readonly SideName[]
}

export type Plan = {
  readonly rows: readonly ChosenRow[]
  /** What was asked for and cannot be had, with the reason. */
  readonly missing: readonly string[]
}

/** What will be measured. */
export function chooseRows (options: Pick<Options, 'rows' | 'sides'>, paths: Paths): Plan {
  const missing = new Set<string>()
  const rows = createRows(paths).filter(({ name }) => options.rows.includes(name)).flatMap(row => {
    if (row.protocol === 'grpc' && !paths.nghttp2) {
      missing.add(`row ${row.name}: h2load and nghttpd could not be installed`)
      return []
    }
    const sides = row.sides.filter(name => options.sides.includes(name)).filter(name => {
      const why = sideOf(name).missing?.(paths)
      if (why !== undefined) missing.add(`side ${name}: ${why}`)
      return why === undefined
    })
    return sides.length === 0 ? [] : [{ row, sides }]
  })
  return { rows, missing: [...missing] }
}

/** Namespaces, app and side; the load's own start and end. */
const START_SECONDS = 0.7
const BETWEEN_SECONDS = 0.3
/** One round of the row that measures memory, for one side. */
const MEMORY_SECONDS = 8

export function estimateSeconds (rows: readonly ChosenRow[], { rounds, seconds }: Pick<Options, 'rounds' | 'seconds'>): number {
  return rows.map(({ row, sides }) => sides.length * (row.load === undefined
    ? rounds * MEMORY_SECONDS
    : START_SECONDS + WARM_UP_SECONDS + rounds * row.roundsFactor * (seconds + BETWEEN_SECONDS)))
    .reduce((total, one) => total + one, 0)
}
