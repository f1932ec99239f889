import { NO_ROUTES, PortRoutes } from './port-routes.ts'
import type { Route } from './route.ts'

export type { Route, RouteReport } from './route.ts'

/** Told when a port gets its first route and when it loses its last. */
export type WantedListener = (port: number, wanted: boolean) => void

/** All routes of one pod, by app port. */
export class RouteTable {
  readonly #byPort = new Map<number, PortRoutes>()
  readonly #onWanted: WantedListener

  constructor (onWanted: WantedListener) {
    this.#onWanted = onWanted
  }

  /** The routes of one port. The same object until something changes. */
  forPort (port: number): PortRoutes {
    return this.#byPort.get(port) ?? NO_ROUTES
  }

  /** The route of an intercept, if it has one here. */
  find (intercept: string): Route | undefined {
    for (const { list } of this.#byPort.values()) {
      const found = list.find(route => route.intercept === intercept)
      if (found !== undefined) return found
    }
    return undefined
  }

  /** Adds a route; one of the same intercept is replaced, on whatever port it was. */
  add (route: Route): void {
    const replaced = this.find(route.intercept)
    if (replaced !== undefined && replaced.port !== route.port) this.remove(replaced)
    const others = this.forPort(route.port).list.filter(other => other.intercept !== route.intercept)
    this.#set(route.port, [...others, route])
  }

  /** Takes exactly this route away; another one of the same intercept that replaced it stays. */
  remove (route: Route): void {
    this.#set(route.port, this.forPort(route.port).list.filter(other => other !== route))
  }

  #set (port: number, routes: readonly Route[]): void {
    const wasWanted = this.forPort(port).list.length > 0
    this.#byPort.set(port, routes.length === 0 ? NO_ROUTES : new PortRoutes(routes))
    if (wasWanted !== (routes.length > 0)) this.#onWanted(port, routes.length > 0)
  }
}
