import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { APP_URL, GRPC_MESSAGE, GRPC_METHOD } from '../app.ts'
import { CORES, type Pod } from '../pod.ts'
import type { LoadResult } from './load.ts'

/** Few connections with many calls each, as gRPC clients make them. */
export const GRPC_LOAD = { connections: 4, streams: 16 } as const

/** Makes unary calls with h2load: one message there, one back, the status in the trailer. */
export async function runUnaryCalls (pod: Pod, seconds: number, signal: AbortSignal): Promise<LoadResult> {
  const message = join(pod.folder, 'request.bin')
  writeFileSync(message, GRPC_MESSAGE)
  const { connections, streams } = GRPC_LOAD
  const output = await pod.run('caller', [
    'h2load', '-t', '1', '-c', String(connections), '-m', String(streams), '-D', String(seconds), '-d', message,
    '-H', 'content-type: application/grpc', '-H', 'te: trailers', APP_URL + GRPC_METHOD
  ], { core: CORES.load, signal, timeoutMs: (seconds + 30) * 1000 })
  return parseH2load(output, seconds)
}

/**
 * Reads the summary of h2load.
 *
 * @param seconds how long it was told to run; it rounds what it prints.
 * @throws {Error} when it is not there.
 */
export function parseH2load (output: string, seconds: number): LoadResult {
  const count = (pattern: RegExp): number => {
    const [, digits] = pattern.exec(output) ?? []
    if (digits === undefined) throw new Error(`h2load printed no summary:\n${output}`)
    return Number(digits)
  }
  return {
    requests: count(/^requests: .* (\d+) done,/m),
    seconds,
    bytes: count(/^traffic: \S+ \((\d+)\) total/m),
    // It knows mean and deviation only.
    p50Us: NaN,
    // Those with another status, a reset or a time-out among them.
    errors: count(/^requests: .* (\d+) failed,/m)
  }
}
