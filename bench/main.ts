import { writeFileSync } from 'node:fs'
import { Cleanup } from './cleanup.ts'
import { computeFigures } from './figures.ts'
import { toJson, type Report } from './json.ts'
import { readMachine, readVersions } from './machine.ts'
import { HELP, parseOptions, type Options } from './options.ts'
import { chooseRows, estimateSeconds, type ChosenRow } from './plan.ts'
import { makeFolder, prepare, requireNamespaces } from './prepare.ts'
import { figureTable, rowTable } from './report.ts'
import { runMemory } from './run-memory.ts'
import { runRow, type RunDeps } from './run-row.ts'
import type { Results, RowSamples } from './sample.ts'
import { benchEnvironments } from './environments/bench-environments.ts'
import { benchPreview } from './preview/bench-preview.ts'
import { benchTunnel } from './tunnel/bench-tunnel.ts'
import { benchWebhook } from './webhook/bench-webhook.ts'

const say = (line: string): void => { process.stderr.write(`${line}\n`) }

async function main (args: readonly string[]): Promise<void> {
  const abort = new AbortController()
  // More of them change nothing: npm hands on what the terminal has sent already, and cleaning up takes a moment.
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => abort.abort(new Error(`ended by ${name}`)))
  const cleanup = new Cleanup()
  try {
    if (args[0] === 'tunnel') await benchTunnel(args.slice(1), cleanup, abort.signal, say)
    else if (args[0] === 'preview') await benchPreview(args.slice(1), cleanup, abort.signal, say)
    else if (args[0] === 'webhook') await benchWebhook(args.slice(1), cleanup, abort.signal, say)
    else if (args[0] === 'env') await benchEnvironments(args.slice(1), cleanup, abort.signal, say)
    else await benchSidecar(args, cleanup, abort.signal)
  } catch (error) {
    throw abort.signal.aborted ? abort.signal.reason : error
  } finally {
    await cleanup.run()
  }
}

async function benchSidecar (args: readonly string[], cleanup: Cleanup, signal: AbortSignal): Promise<void> {
  const options = parseOptions(args)
  if (options.help) return void process.stdout.write(HELP)
  requireNamespaces()
  const report = await measureAll(options, cleanup, signal)
  const json = `${JSON.stringify(toJson(report), undefined, 2)}\n`
  if (options.out !== undefined) writeFileSync(options.out, json)
  process.stdout.write(options.json ? json : describe(report))
}

async function measureAll (options: Options, cleanup: Cleanup, signal: AbortSignal): Promise<Report> {
  const folder = makeFolder(cleanup)
  const paths = await prepare(folder, options.profile, say, signal)
  const { rows, missing } = chooseRows(options, paths)
  for (const line of missing) say(`missing: ${line}`)
  say(`${rows.map(({ row }) => row.name).join(', ')}: about ${Math.ceil(estimateSeconds(rows, options) / 60)} minutes`)
  const deps: RunDeps = { paths, folder, signal, progress: say }
  const results: Record<string, RowSamples> = {}
  for (const chosen of rows) results[chosen.row.name] = await measureRow(chosen, options, deps)
  return {
    options,
    rows,
    missing,
    results: results satisfies Results,
    figures: computeFigures(results),
    machine: readMachine(),
    versions: readVersions()
  }
}

async function measureRow ({ row, sides }: ChosenRow, options: Options, deps: RunDeps): Promise<RowSamples> {
  const samples = row.load === undefined
    ? await runMemory(row, sides, options, deps)
    : await runRow(row, sides, options, deps)
  say(`\n${rowTable(row, samples)}\n`)
  return samples
}

function describe ({ rows, results, figures, machine, versions, missing }: Report): string {
  return [
    ...rows.map(({ row }) => rowTable(row, results[row.name] ?? {})),
    figureTable(figures.filter(({ row }) => rows.some(chosen => chosen.row.name === row))),
    [`machine: ${machine.cpu}, ${machine.cores} cores, ${machine.memoryGib} GiB, kernel ${machine.kernel}`,
      ...Object.entries(versions).map(([name, version]) => `${name}: ${version ?? 'not here'}`),
      ...missing.map(line => `missing: ${line}`)].join('\n')
  ].join('\n\n') + '\n'
}

if (import.meta.main) {
  await main(process.argv.slice(2)).catch((error: unknown) => {
    say(`bench: ${error instanceof Error ? error.message : String(error)}`)
    process.exitCode = error instanceof TypeError ? 2 : 1
  })
}
