import type { RequestView } from '../intercepts/request-view.ts'
import type { PortRoutes } from './port-routes.ts'
import type { Route } from './route.ts'
import type { Wire } from './wire.ts'

/** What one connection needs from outside. */
export type ConnectionDeps = {
  /** App port that the caller dialled. */
  readonly port: number
  readonly caller: { readonly address: string, readonly port: number }
  /** Whether the caller's address is added to X-Forwarded-For. */
  readonly forwardedFor: boolean
  /** Whether the routing header is copied into baggage, so that it travels on: only where all callers come to us. */
  readonly propagates: boolean
  readonly routes: () => PortRoutes
  /** A route that ends at the proxy itself, for a request that checks the callers' way. */
  readonly findCheck: (head: RequestView) => Route | undefined
  readonly dialApp: () => Wire
  /** To be asked before a new stream is opened. False: the request goes to the app, which has been reported then. */
  readonly mayDivert: (route: Route) => boolean
  readonly onTurn: (kind: 'app' | 'developer') => void
  readonly onOpaque: (reason: string) => void
}
