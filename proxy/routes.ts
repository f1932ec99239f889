import type { Duplex } from 'node:stream'
import { byPrecedence } from '../intercepts/precedence.ts'
import type { Match } from '../intercepts/match.ts'

/** One intercept on this pod: a condition, and the way to the developer who wants what fulfils it. */
export type Route = {
  /** Name of the Intercept. */
  readonly intercept: string
  readonly port: number
  readonly match: Match
  readonly fence: number
  /** Opens a stream in the developer's session. Throws when the session is gone. */
  readonly openStream: () => Duplex
  /** Whether the session ended, so that what broke is the way, not the developer's program. */
  readonly isGone: () => boolean
  /** Tells the developer about something that happened to their requests. */
  readonly report: (report: RouteReport) => void
}

export type RouteReport =
  | {
    readonly event: 'request'
    readonly method: string
    /** Without the query. */
    readonly path: string
    readonly status: number
    readonly durationMs: number
  }
  | { readonly event: 'opaque', readonly reason: string }

/** Told when a port gets its first route and when it loses its last. */
export type WantedListener = (port: number, wanted: boolean) => void

/** All routes of one pod, by app port, each list in order of precedence. */
export class RouteTable {
  readonly #byPort = new Map<number, readonly Route[]>()
  readonly #onWanted: WantedListener

  constructor (onWanted: WantedListener) {
    this.#onWanted = onWanted
  }

  /** The routes of one port. The same array until something changes. */
  forPort (port: number): readonly Route[] {
    return this.#byPort.get(port) ?? NONE
  }

  /** The route of an intercept, if it has one here. */
  find (intercept: string): Route | undefined {
    for (const routes of this.#byPort.values()) {
      const found = routes.find(route => route.intercept === intercept)
      if (found !== undefined) return found
    }
    return undefined
  }

  /** Adds a route; one of the same intercept is replaced, on whatever port it was. */
  add (route: Route): void {
    const replaced = this.find(route.intercept)
    if (replaced !== undefined && replaced.port !== route.port) this.remove(replaced)
    const others = this.forPort(route.port).filter(other => other.intercept !== route.intercept)
    this.#set(route.port, [...others, route].sort(byPrecedence))
  }

  /** Takes exactly this route away; another one of the same intercept that replaced it stays. */
  remove (route: Route): void {
    this.#set(route.port, this.forPort(route.port).filter(other => other !== route))
  }

  #set (port: number, routes: readonly Route[]): void {
    const wasWanted = this.forPort(port).length > 0
    this.#byPort.set(port, routes)
    if (wasWanted !== (routes.length > 0)) this.#onWanted(port, routes.length > 0)
  }
}

const NONE: readonly Route[] = []
