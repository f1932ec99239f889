import { join } from 'node:path'
import { CORES, type Pod } from '../pod.ts'
import { APP_URL } from '../app.ts'
import type { LoadResult } from './load.ts'

export type WrkLoad = {
  readonly connections: number
  readonly path?: string
  readonly headers?: readonly string[]
}

const REPORT = join(import.meta.dirname, '..', 'programs', 'wrk-report.lua')

/** Runs wrk from the caller's namespace, with one thread. */
export async function runWrk (
  pod: Pod, { connections, path = '/', headers = [] }: WrkLoad, seconds: number, signal: AbortSignal
): Promise<LoadResult> {
  const output = await pod.run('caller', [
    'wrk', '-t', '1', '-c', String(connections), '-d', `${seconds}s`, '-s', REPORT,
    ...headers.flatMap(header => ['-H', header]), APP_URL + path
  ], { core: CORES.load, signal, timeoutMs: (seconds + 30) * 1000 })
  return parseReport(output)
}

/**
 * Reads the line that wrk-report.lua writes, and other programs in the same way.
 *
 * @throws {Error} when it is not there.
 */
export function parseReport (output: string): LoadResult {
  const [, line] = /^bench: (.+)$/m.exec(output) ?? []
  if (line === undefined) throw new Error(`The load reported nothing:\n${output}`)
  const fields = new Map(line.split(' ').map(word => {
    const [name = '', value] = word.split('=')
    return [name, Number(value)] as const
  }))
  const field = (name: string): number => {
    const value = fields.get(name)
    if (value === undefined || Number.isNaN(value)) throw new Error(`The report has no ${name}: ${line}`)
    return value
  }
  return {
    requests: field('requests'),
    seconds: field('duration_us') / 1e6,
    bytes: field('bytes'),
    p50Us: field('p50_us'),
    errors: ['connect', 'read', 'write', 'status', 'timeout'].map(field).reduce((total, count) => total + count, 0)
  }
}
