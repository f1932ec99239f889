import { LOSS } from '../common/contract.ts'

/** Whether somebody stands behind an Intercept. */
export type Lease = 'live' | 'expired'

/** What the lease is read from: an Intercept, or whatever was stored in its place while no webhook looked. */
export type Leased = {
  readonly metadata?: { readonly creationTimestamp?: unknown }
  readonly spec?: { readonly fence?: unknown }
  readonly status?: { readonly renewTime?: unknown, readonly fence?: unknown }
}

/**
 * Judges by the last renewal, or by the moment of acquisition where none came yet.
 *
 * @param serverNowMs the API server's clock, ms since the epoch; never the developer's machine's.
 */
export function leaseOf (intercept: Leased, serverNowMs: number): Lease {
  // Somebody's clock is wrong, or wants to hold it for ever.
  const isAhead = renewedMs(intercept) > serverNowMs + LOSS.clockSkewMs
  return isAhead || expiredForMs(intercept, serverNowMs) > 0 ? 'expired' : 'live'
}

/** How long nobody has stood behind it by its times that can be believed: 0 or less while somebody may. */
export function expiredForMs (intercept: Leased, serverNowMs: number): number {
  const { metadata, spec } = intercept
  const signs = [renewedMs(intercept), toMs(spec?.fence), toMs(metadata?.creationTimestamp)]
  const credible = signs.filter(ms => ms <= serverNowMs + LOSS.clockSkewMs)
  return serverNowMs - Math.max(...credible) - LOSS.endMs
}

/** Whether the status was written by the holder of now: what an earlier one wrote says nothing of a later one. */
export function isStatusOfHolder ({ spec, status }: Leased): boolean {
  return status !== undefined && status.fence === spec?.fence
}

/** NaN where the holder of now has not renewed yet. */
function renewedMs (intercept: Leased): number {
  return isStatusOfHolder(intercept) ? toMs(intercept.status?.renewTime) : NaN
}

function toMs (time: unknown): number {
  if (typeof time === 'number') return time
  return typeof time === 'string' ? Date.parse(time) : NaN
}
