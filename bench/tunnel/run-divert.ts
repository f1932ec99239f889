import type { RowSamples } from '../sample.ts'
import { runRounds, type TunnelDeps } from './rounds.ts'
import type { DivertLoad, Exchange, TunnelRow } from './rows.ts'
import { LARGE_BYTES } from './rows.ts'
import type { Way } from './ways.ts'
import type { CallerResult } from '../programs/load-caller.ts'

const WARM_UP_SECONDS = 2

/** Sends the row's load through every way. */
export async function runDivert (
  row: TunnelRow, load: DivertLoad, ways: Readonly<Record<string, Way>>, deps: TunnelDeps
): Promise<RowSamples> {
  const exchangeOf = (side: string): Exchange => side === 'waylay' ? load.divert : load.kubectl
  const run = async (side: string, seconds: number): Promise<CallerResult> => {
    const way = ways[side]
    if (way === undefined) throw new Error(`There is no way "${side}"`)
    return await way(exchangeOf(side), load.connections, seconds)
  }
  // Programs that have just started compile what they run; an intercept lasts for hours.
  for (const side of row.sides) await run(side, WARM_UP_SECONDS)
  return await runRounds(row, deps, async side => {
    const exchange = exchangeOf(side)
    const { requests, seconds, p50Us } = await run(side, deps.seconds)
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
