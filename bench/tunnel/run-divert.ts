import type { RowSamples } from '../sample.ts'
import { runRounds, type TunnelDeps } from './rounds.ts'
import type { DivertLoad, Exchange, TunnelRow } from './rows.ts'
import { LARGE_BYTES } from './rows.ts'
import type { Way } from './ways.ts'

/** Sends the row's load through every way. */
export async function runDivert (
  row: TunnelRow, load: DivertLoad, ways: Readonly<Record<string, Way>>, deps: TunnelDeps
): Promise<RowSamples> {
  return await runRounds(row, deps, async side => {
    const way = ways[side]
    if (way === undefined) throw new Error(`There is no way "${side}"`)
    const exchange: Exchange = side === 'waylay' ? load.divert : load.kubectl
    const { requests, seconds, p50Us } = await way(exchange, load.connections, deps.seconds)
    return {
      requestsPerSecond: requests / seconds,
      p50Us,
      ...(isLarge(exchange) && { mbPerSecond: requests * LARGE_BYTES / seconds / 1e6 })
    }
  })
}

function isLarge ({ path, uploadBytes }: Exchange): boolean {
  return path === '/large' || uploadBytes === LARGE_BYTES
}
