import type { RequestView } from '../../intercepts/request-view.ts'
import type { PortRoutes } from '../port-routes.ts'
import type { Route } from '../routes.ts'

/** What a connection of HTTP/2 needs from outside. */
export type Http2Deps = {
  /** App port that the caller dialled. */
  readonly port: number
  readonly caller: { readonly address: string, readonly port: number }
  /** As in `ConnectionDeps`. */
  readonly propagates: boolean
  readonly routes: () => PortRoutes
  /** As in `ConnectionDeps`. */
  readonly findCheck: (head: RequestView) => Route | undefined
  /** To be asked before a new stream of a session is opened. False: the request goes to the app. */
  readonly mayDivert: (route: Route) => boolean
  /** A stream was opened by the caller. */
  readonly onTurn: (kind: 'app' | 'developer') => void
  /** From here on both directions are copied and not looked at. */
  readonly onOpaque: (reason: string) => void
}
