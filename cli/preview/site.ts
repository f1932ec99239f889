import type { Mapping } from '../../browse/url-map.ts'
import type { RoutingHeader } from '../../browse/routing-fields.ts'
import type { AppConnections } from './app-connections.ts'

/** One request through a preview, once it is over. Never a query, never a header's value. */
export type TurnFacts = {
  readonly method: string
  /** Without the query. */
  readonly path: string
  /** Undefined when the caller left before there was an answer. */
  readonly status: number | undefined
  readonly durationMs: number
  /** The intercept whose developer answered; undefined: the app, or a failure of ours. */
  readonly divertedTo: string | undefined
  /** Code of the failure that was answered instead, by us or by the pod's proxy. */
  readonly failure?: string
}

/** What all connections of one preview have in common. */
export type Site = {
  /** `http://127.0.0.1:24110`. */
  readonly address: string
  /** @param host as the browser named it; undefined where it did not. */
  readonly mappingFor: (host: string | undefined) => Mapping
  readonly routing: readonly RoutingHeader[]
  readonly connections: AppConnections
  readonly onTurn: (facts: TurnFacts) => void
}

/** The target without its query. */
export function pathOf (target: string): string {
  return target.split(/[?#]/, 1)[0] ?? ''
}
