import type { WaylayError } from '../../../common/errors.ts'
import type { TunnelEvent } from '../../../tunnel/control-messages.ts'
import type { StandClock } from '../../clock.ts'
import type { InterceptApi } from '../object/intercept-api.ts'
import type { Report } from '../report/report.ts'
import type { SessionPool } from '../session/session-pool.ts'
import type { StandingIntercept } from './standing-intercept.ts'

/** What all intercepts of one process share. */
export type StandingDeps = {
  readonly api: InterceptApi
  readonly pool: SessionPool
  readonly clock: StandClock
  readonly report: Report
  /** Name of the developer's machine, for people who ask who holds it. */
  readonly hostName: string
  /** 0 to 1. */
  readonly random: () => number
  /** One intercept ended by itself after it stood. */
  readonly onEnded: (intercept: StandingIntercept, error: WaylayError) => void
  /** Something a pod told of requests, after the report had it. */
  readonly onEvent?: ((intercept: StandingIntercept, event: TunnelEvent) => void) | undefined
}
