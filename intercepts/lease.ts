import { LOSS } from '../common/contract.ts'
import type { Intercept } from './object.ts'

/** Whether somebody stands behind an Intercept. */
export type Lease = 'live' | 'expired'

/**
 * Judges by the last renewal, or by the moment of acquisition (the fence) where none came yet.
 *
 * @param serverNowMs the API server's clock, ms since the epoch; never the developer's machine's.
 */
export function leaseOf ({ spec, status, metadata }: Intercept, serverNowMs: number): Lease {
  const renewedMs = Date.parse(status?.renewTime ?? '')
  const isAhead = renewedMs > serverNowMs + LOSS.clockSkewMs
  // A renewal that belongs to an earlier holder says nothing of this one.
  const acquiredMs = spec.fence ?? Date.parse(metadata.creationTimestamp ?? '')
  const lastMs = isAhead || Number.isNaN(renewedMs) ? acquiredMs : Math.max(renewedMs, acquiredMs)
  return serverNowMs - lastMs > LOSS.endMs ? 'expired' : 'live'
}
