import { join } from 'node:path'
import { APP_PORT, CORES, POD_ADDRESS, type Pod } from '../pod.ts'
import type { LoadResult } from './load.ts'
import { parseReport } from './wrk.ts'

const PROGRAM = join(import.meta.dirname, '..', 'programs', 'closing-callers.ts')
const CALLERS = 16

/** Callers that open a connection, ask once, and are the first to close it. In Go they cost the load's core less. */
export async function runClosingCallers (
  pod: Pod, goFolder: string | undefined, seconds: number, signal: AbortSignal
): Promise<LoadResult> {
  const program = goFolder === undefined ? [process.execPath, PROGRAM] : [join(goFolder, 'closing-callers')]
  const output = await pod.run('caller', [...program, `${POD_ADDRESS}:${APP_PORT}`, String(CALLERS), String(seconds)], {
    core: CORES.load, env: { GOMAXPROCS: '1' }, signal, timeoutMs: (seconds + 30) * 1000
  })
  return parseReport(output)
}
