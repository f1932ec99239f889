import { join } from 'node:path'
import { Cleanup } from '../cleanup.ts'
import type { Sample } from '../sample.ts'
import { drive, type Driven } from './driven.ts'
import { runRounds, type TunnelDeps } from './rounds.ts'
import type { TunnelRow } from './rows.ts'

const PROGRAM = join(import.meta.dirname, '..', 'programs', 'mux-peer.ts')
const WARM_UP_SECONDS = 0.5

/** Two processes for each side, connected over loopback; measured one side after the other. */
export async function runMux (row: TunnelRow, deps: TunnelDeps): Promise<Readonly<Record<string, readonly Sample[]>>> {
  const cleanup = new Cleanup()
  try {
    const callers = new Map<string, Driven>()
    for (const side of row.sides) {
      const [server, caller] = await Promise.all([drivePeer(deps, cleanup), drivePeer(deps, cleanup)])
      await caller('connect', { side, port: await server<number>('listen', { side }) })
      await caller('load', { seconds: WARM_UP_SECONDS })
      callers.set(side, caller)
    }
    return await runRounds(row, deps, async side => {
      const messagesPerSecond = await callers.get(side)?.<number>('load', { seconds: deps.seconds }) ?? NaN
      return { messagesPerSecond }
    })
  } finally {
    await cleanup.run()
  }
}

async function drivePeer ({ profile }: TunnelDeps, cleanup: Cleanup): Promise<Driven> {
  const flags = profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`]
  return await drive([process.execPath, ...flags, PROGRAM], cleanup)
}
