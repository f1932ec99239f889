import { createSessionCounts, type SessionCounts } from './session-counts.ts'
import { Tally } from './tally.ts'
import { TurnCounts } from './turn-counts.ts'
import type { RedirectState } from './verdict.ts'

/** What the proxy counts. Nothing of it costs more than a number until somebody asks: see `showMetrics`. */
export type Metrics = {
  readonly turns: TurnCounts
  readonly opaque: Tally<'port' | 'reason'>
  readonly dialErrors: Tally<'port' | 'code'>
  readonly overload: Tally<'reason'>
  readonly sessions: SessionCounts
  /** By name; read when somebody asks. */
  readonly gauges: Readonly<Record<string, () => number>>
  /** Read when somebody asks. */
  readonly redirects: () => readonly RedirectState[]
}

export function createMetrics (gauges: Metrics['gauges'], redirects: Metrics['redirects'] = () => []): Metrics {
  return {
    turns: new TurnCounts(),
    opaque: new Tally('Connections passed byte by byte, by reason', ['port', 'reason']),
    dialErrors: new Tally('Failed dials of the app', ['port', 'code']),
    overload: new Tally(
      'Requests that went to the app for want of streams, and times that every port was disarmed, by reason', ['reason']),
    sessions: createSessionCounts(),
    gauges,
    redirects
  }
}
