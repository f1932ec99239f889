import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { ROOT } from '../../build/bundle.ts'
import type { RowSamples } from '../sample.ts'
import { runRounds, type TunnelDeps } from './rounds.ts'
import type { TunnelRow } from './rows.ts'

/** The command line as users get it. */
export const CLI = join(ROOT, 'dist', 'waylay.js')

/** Times whole processes of `waylay --help`; the first start of all reads from the disk and does not count. */
export async function runHelp (row: TunnelRow, deps: TunnelDeps): Promise<RowSamples> {
  await timeHelp()
  // Short, so more of them than of what takes seconds.
  return await runRounds(row, { ...deps, rounds: deps.rounds * 4 }, async () => ({ wholeMs: await timeHelp() }))
}

async function timeHelp (): Promise<number> {
  const startMs = performance.now()
  const child = spawn(process.execPath, [CLI, '--help'], { stdio: ['ignore', 'ignore', 'inherit'] })
  const [code] = await once(child, 'exit') as [number]
  if (code !== 0) throw new Error(`waylay --help ended with ${code}`)
  return performance.now() - startMs
}
