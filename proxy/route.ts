import type { Duplex } from 'node:stream'
import { isGlobal, type Match } from '../intercepts/match.ts'
import type { Ticket } from '../intercepts/ticket.ts'
import type { OpenTurns } from './open-turns.ts'
import type { Presence } from './presence.ts'

/** One intercept on this pod: a condition, and the way to the developer who wants what fulfils it. */
export type Route = {
  /** Name of the Intercept. */
  readonly intercept: string
  readonly port: number
  /** As a ticket has it: texts are not yet bytes. */
  readonly match: Match
  readonly fence: number
  /** Written over Host and `:authority` of what is diverted. */
  readonly hostHeader?: string | undefined
  /** All of the answer, where the proxy itself gives it: see check/find-check.ts. */
  readonly ownAnswer?: Buffer
  readonly holder: Holder
  /** Whether the way to the developer is there. */
  readonly presence: Presence
  /** Those that are under way, which an intercept's end lets finish. */
  readonly turns: OpenTurns
  /** Whether another stream may be open: past a bound requests go to the app. */
  readonly mayOpen: () => boolean
  /** Opens a stream in the developer's session. Throws when the session is gone. */
  readonly openStream: () => Duplex
  /** Whether the session ended, so that what broke is the way, not the developer's program. */
  readonly isGone: () => boolean
  /** Tells the developer about something that happened to their requests. */
  readonly report: (report: RouteReport) => void
}

/** The session that holds a route. */
export type Holder = {
  readonly sessionKey: string
  /** Somebody with a better ticket takes its place. */
  readonly onReplaced: (by: Ticket) => void
}

/** Nobody waits for the developer of all requests: while the way to them is lost, the app answers. */
export function isPassedBy ({ match, presence }: Route): boolean {
  return presence.isLost && isGlobal(match)
}

export type RouteReport =
  | {
    readonly event: 'request'
    readonly method: string
    /** Without the query. */
    readonly path: string
    readonly status: number
    readonly durationMs: number
    /** See `requestIdOf`. */
    readonly requestId?: string
  }
  | { readonly event: 'opaque' | 'overload', readonly reason: string }
