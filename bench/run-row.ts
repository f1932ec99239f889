import { startApp } from './app.ts'
import { Cleanup } from './cleanup.ts'
import { measure, warmUp, type Stood } from './measure.ts'
import { Pod } from './pod.ts'
import type { Row } from './rows.ts'
import { FIELDS, type RowSamples, type Sample } from './sample.ts'
import { sideOf } from './sides/all.ts'
import type { Paths, SideName } from './sides/side.ts'

export type Effort = {
  readonly rounds: number
  readonly seconds: number
}

export type RunDeps = {
  readonly paths: Paths
  /** Everything of this run lives below it. */
  readonly folder: string
  readonly signal: AbortSignal
  readonly progress: (line: string) => void
}

export const WARM_UP_SECONDS = 1

/**
 * Measures the sides of a row, all standing at the same time, one after the other in each round and in each round in
 * another order.
 */
export async function runRow (
  row: Row, names: readonly SideName[], effort: Effort, deps: RunDeps
): Promise<RowSamples> {
  const cleanup = new Cleanup()
  const { load } = row
  if (load === undefined) throw new Error(`Row ${row.name} has no load`)
  const rounds = effort.rounds * row.roundsFactor
  const samples = new Map<string, Sample[]>(names.map(name => [name, []]))
  try {
    const stood: Stood[] = []
    for (const name of names) {
      deps.signal.throwIfAborted()
      stood.push(await stand(row, name, deps, cleanup))
    }
    for (const one of stood) await warmUp(one, load, WARM_UP_SECONDS, deps.signal)
    for (let round = 0; round < rounds; round++) {
      for (const one of rotate(stood, round)) {
        const sample = await measure(one, load, effort.seconds, deps.signal)
        samples.get(one.name)?.push(sample)
        deps.progress(`${row.name} ${round + 1}/${rounds} ${describe(one.name, sample)}`)
      }
    }
    for (const { standing } of stood) await standing.stop?.()
  } finally {
    await cleanup.run()
  }
  return Object.fromEntries(samples)
}

/** Puts the app and one side in front of it into namespaces of their own. */
export async function stand (row: Row, name: SideName, { paths, folder }: RunDeps, cleanup: Cleanup): Promise<Stood> {
  const pod = new Pod(`${row.name}-${name}`, folder, cleanup)
  const app = await startApp(pod, row.protocol)
  const standing = await sideOf(name).start({
    pod, row: row.name, protocol: row.protocol, connectsEachTime: row.connectsEachTime, paths
  })
  return { name, pod, app, standing }
}

/** Every side comes first in some round. */
export function rotate<T> (items: readonly T[], by: number): readonly T[] {
  const at = items.length === 0 ? 0 : by % items.length
  return [...items.slice(at), ...items.slice(0, at)]
}

function describe (name: string, sample: Sample): string {
  const parts = (['requestsPerSecond', 'mbPerSecond', 'p50Us', 'cpuUs', 'pathCpuUs'] as const).flatMap(field => {
    const value = sample[field] ?? NaN
    return Number.isNaN(value) ? [] : [`${FIELDS[field].title} ${value.toFixed(FIELDS[field].digits)}`]
  })
  const { errors = 0, foreignPercent = 0 } = sample
  if (errors > 0) parts.push(`${errors} ERRORS`)
  if (foreignPercent > 5) parts.push(`others used ${Math.round(foreignPercent)} % of the cores`)
  return `${name.padEnd(16)} ${parts.join(', ')}`
}
