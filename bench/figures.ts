import { valuesOf, type Field, type Results, type RowSamples } from './sample.ts'
import type { SideName } from './sides/side.ts'
import { bootstrap, median, range, type Range } from './stats.ts'

/** `atLeast`: higher is better. `atMost`: lower is better. */
export type Bar = { readonly atLeast: number } | { readonly atMost: number }

/** A statistic of the rounds with these indexes. */
type Statistic = (samples: RowSamples, rounds: readonly number[]) => number

/** One promise of the project, and how it is computed. */
export type FigureRule = {
  readonly name: string
  readonly row: string
  readonly sides: readonly string[]
  readonly bar: Bar
  /** `interval`: 95 %, by bootstrap. `spread`: smallest and largest of the rounds by themselves. */
  readonly uncertainty: 'interval' | 'spread'
  readonly statistic: Statistic
}

export type Figure = {
  readonly name: string
  readonly row: string
  /** Null when a side or the row was not measured. */
  readonly value: number | null
  readonly bar: Bar
  readonly interval?: Range
  readonly spread?: Range
  readonly met: boolean | null
}

export const FIGURE_RULES: readonly FigureRule[] = [
  ratio('small.throughput.vs_nginx', 'small', ['waylay-one', 'nginx'], 'requestsPerSecond', { atLeast: 1 }),
  ratio('small.cpu_us_per_request.vs_nginx', 'small', ['waylay-one', 'nginx'], 'cpuUs', { atMost: 1 }),
  ratio('small.throughput.vs_http2_proxy', 'small', ['waylay-one', 'http2-proxy'], 'requestsPerSecond', { atLeast: 6 }),
  {
    name: 'latency.added_p50.vs_nginx',
    row: 'latency',
    sides: ['waylay-one', 'nginx', 'direct'],
    bar: { atMost: 1.1 },
    uncertainty: 'spread',
    statistic: (samples, rounds) => {
      const of = (side: SideName): number => medianOf(samples, side, 'p50Us', rounds)
      return (of('waylay-one') - of('direct')) / (of('nginx') - of('direct'))
    }
  },
  ratio('large.throughput.vs_nginx', 'large', ['waylay-one', 'nginx'], 'mbPerSecond', { atLeast: 1.1 }),
  ratio('ondemand.idle.cpu_us_per_request.vs_direct', 'ondemand', ['waylay-on-demand', 'direct'], 'pathCpuUs',
    { atMost: 1.02 }),
  ratio('connect.throughput.vs_nginx', 'connect', ['waylay-one', 'nginx'], 'requestsPerSecond', { atLeast: 0.8 }),
  ratio('grpc.cpu_us_per_request.vs_nginx_grpc_pass', 'grpc', ['waylay-one', 'nginx'], 'cpuUs', { atMost: 1 }),
  plain('memory.idle_mib', 'memory', 'waylay-one', 'idleMib', { atMost: 60 }),
  plain('memory.per_idle_connection_kib', 'memory', 'waylay-one', 'perConnectionKib', { atMost: 16 }),
  ratio('intercepts_100.throughput.vs_one', 'small', ['waylay-100', 'waylay-one'], 'requestsPerSecond', { atLeast: 0.9 })
]

/** Computes every figure from what was measured. */
export function computeFigures (results: Results, rules = FIGURE_RULES): readonly Figure[] {
  return rules.map(rule => compute(rule, results[rule.row] ?? {}))
}

export function isMet (value: number, bar: Bar): boolean {
  return 'atLeast' in bar ? value >= bar.atLeast : value <= bar.atMost
}

function compute ({ name, row, bar, sides, statistic, uncertainty }: FigureRule, samples: RowSamples): Figure {
  const count = Math.min(...sides.map(side => samples[side]?.length ?? 0))
  const rounds = Array.from({ length: count }, (_, index) => index)
  const value = count === 0 ? NaN : statistic(samples, rounds)
  if (Number.isNaN(value)) return { name, row, value: null, bar, met: null }
  const known = uncertainty === 'interval'
    ? { interval: bootstrap(count, indexes => statistic(samples, indexes)) }
    : { spread: range(rounds.map(round => statistic(samples, [round]))) }
  return { name, row, value, bar, ...known, met: isMet(value, bar) }
}

/** CPU is the steadiest of what is measured, and decides: it gets an interval. */
export function ratio (
  name: string, row: string, [ours, others]: readonly [string, string], field: Field, bar: Bar
): FigureRule {
  return {
    name,
    row,
    sides: [ours, others],
    bar,
    uncertainty: field === 'cpuUs' || field === 'pathCpuUs' ? 'interval' : 'spread',
    statistic: (samples, rounds) => medianOf(samples, ours, field, rounds) / medianOf(samples, others, field, rounds)
  }
}

/** The median of one side by itself. */
export function plain (name: string, row: string, side: string, field: Field, bar: Bar): FigureRule {
  return {
    name,
    row,
    sides: [side],
    bar,
    uncertainty: 'spread',
    statistic: (samples, rounds) => medianOf(samples, side, field, rounds)
  }
}

function medianOf (samples: RowSamples, side: string, field: Field, rounds: readonly number[]): number {
  const values = valuesOf(samples[side], field)
  return median(rounds.map(round => values[round] ?? NaN))
}
