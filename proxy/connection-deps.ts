import type { Socket } from 'node:net'
import type { PortRoutes } from './port-routes.ts'

/** What one connection needs from outside. */
export type ConnectionDeps = {
  /** App port that the caller dialled. */
  readonly port: number
  readonly routes: () => PortRoutes
  readonly dialApp: () => Socket
  readonly onTurn: (kind: 'app' | 'developer') => void
  readonly onOpaque: (reason: string) => void
}
