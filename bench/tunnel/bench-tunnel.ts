import { writeFileSync } from 'node:fs'
import type { Cleanup } from '../cleanup.ts'
import { computeFigures, type Figure } from '../figures.ts'
import { byName, measuredRows } from '../json.ts'
import { readMachine, readWaylay, type Machine } from '../machine.ts'
import { figureTable, rowTable } from '../report.ts'
import type { Results } from '../sample.ts'
import { TUNNEL_FIGURE_RULES } from './figures.ts'
import { parseTunnelOptions, TUNNEL_HELP, type TunnelOptions } from './options.ts'
import type { TunnelDeps } from './rounds.ts'
import { describeLab } from './lab.ts'
import { TUNNEL_ROWS, type TunnelRow } from './rows.ts'
import { runRows } from './run-rows.ts'

type TunnelReport = {
  readonly options: TunnelOptions
  readonly rows: readonly TunnelRow[]
  readonly results: Results
  readonly figures: readonly Figure[]
  readonly machine: Machine
  readonly setting: Readonly<Record<string, string>>
}

const DELAY_TEXT = 'a relay between the developer\'s machine and the API server, for both sides: each byte later, none slower'

/** `npm run bench -- tunnel`: measures and prints. */
export async function benchTunnel (
  args: readonly string[], cleanup: Cleanup, signal: AbortSignal, progress: (line: string) => void
): Promise<void> {
  const options = parseTunnelOptions(args)
  if (options.help) return void process.stdout.write(TUNNEL_HELP)
  const report = await measureAll(options, cleanup, { ...options, signal, progress })
  const json = `${JSON.stringify(toTunnelJson(report), undefined, 2)}\n`
  if (options.out !== undefined) writeFileSync(options.out, json)
  process.stdout.write(options.json ? json : describe(report))
}

async function measureAll (options: TunnelOptions, cleanup: Cleanup, deps: TunnelDeps): Promise<TunnelReport> {
  const rows = TUNNEL_ROWS.filter(({ name }) => options.rows.includes(name))
  const { results, lab } = await runRows(rows, deps, cleanup, (row, samples) => {
    deps.progress(`\n${rowTable(row, samples)}\n`)
  })
  return {
    options,
    rows,
    results,
    figures: computeFigures(results, TUNNEL_FIGURE_RULES),
    machine: readMachine(),
    setting: {
      waylay: readWaylay(),
      node: process.version,
      ...(lab !== undefined && await describeLab(lab)),
      ...(rows.some(({ delayMs = 0 }) => delayMs > 0) && { delay: DELAY_TEXT })
    }
  }
}

function toTunnelJson ({ options, rows, results, figures, machine, setting }: TunnelReport): object {
  return {
    ...byName(figures),
    rows: measuredRows(results),
    machine,
    settings: {
      rounds: options.rounds,
      secondsPerMeasurement: options.seconds,
      profiled: options.profile !== undefined,
      ...setting,
      rows: Object.fromEntries(rows.map(({ name, about }) => [name, about]))
    }
  }
}

function describe ({ rows, results, figures, machine, setting }: TunnelReport): string {
  return [
    ...rows.map(row => rowTable(row, results[row.name] ?? {})),
    figureTable(figures.filter(({ row }) => rows.some(({ name }) => name === row))),
    [`machine: ${machine.cpu}, ${machine.cores} cores, ${machine.memoryGib} GiB, kernel ${machine.kernel}`,
      ...Object.entries(setting).map(([name, value]) => `${name}: ${value}`)].join('\n')
  ].join('\n\n') + '\n'
}
