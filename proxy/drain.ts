import type { Server } from 'node:net'

/** Callers whose connection was redirected before the disarm may still be on their way to accept(). */
const LISTEN_ON_MS = 3000
/** The kubelet's default grace period is 30 s; what is not done by then would be killed. */
const LONGEST_MS = 25_000
const CHECK_INTERVAL_MS = 100

/**
 * Waits until every caller is done, listeners open for a moment more. The redirect must be disarmed already.
 *
 * @param isOnlyWay nothing leads new callers to the app without us: the listeners stay open as long as we do.
 */
export async function drain (servers: readonly Server[], isOnlyWay = false): Promise<void> {
  const startedMs = performance.now()
  const close = (): void => { for (const server of servers) server.close() }
  await delay(LISTEN_ON_MS)
  if (!isOnlyWay) close()
  while (performance.now() - startedMs < LONGEST_MS && await countConnections(servers) > 0) {
    await delay(CHECK_INTERVAL_MS)
  }
  if (isOnlyWay) close()
}

async function countConnections (servers: readonly Server[]): Promise<number> {
  const counts = await Promise.all(servers.map(async server => await new Promise<number>(resolve => {
    server.getConnections((error, count) => resolve(error === null ? count : 0))
  })))
  return counts.reduce((sum, count) => sum + count, 0)
}

async function delay (ms: number): Promise<void> {
  await new Promise(resolve => setTimeout(resolve, ms))
}
