import type { Duplex } from 'node:stream'
import type { StreamHead } from '../tunnel/control-messages.ts'
import { DeveloperLink } from './developer-link.ts'
import type { PortRoutes } from './port-routes.ts'
import type { Route } from './route.ts'

/** The streams of one caller connection, one for each intercept that took a turn of it. */
export class DeveloperLinks {
  readonly #links = new Map<string, DeveloperLink>()
  readonly #head: Omit<StreamHead, 'intercept'>
  readonly #routes: () => PortRoutes

  /** @param routes of this app port, as they are now. */
  constructor (head: Omit<StreamHead, 'intercept'>, routes: () => PortRoutes) {
    this.#head = head
    this.#routes = routes
  }

  /** Whether a link of this route is kept that can be used again. */
  has (route: Route): boolean {
    return this.#kept(route) !== undefined
  }

  /**
   * The link of a route: the kept one where it can be used again, else a new one.
   *
   * @param fresh never the kept one.
   * @throws when the developer's session is gone.
   */
  get (route: Route, fresh: boolean): DeveloperLink {
    const kept = this.#kept(route)
    if (kept !== undefined && !fresh) return kept
    this.#forgetUseless()
    this.#links.get(route.intercept)?.abort()
    const link = new DeveloperLink(route, this.#head)
    this.#links.set(route.intercept, link)
    return link
  }

  /** From here on nobody reads what a link sends before a turn uses it. */
  silence (): void {
    for (const link of this.#links.values()) link.listen(undefined)
  }

  /** The caller takes bytes again. An idle one too: it was stopped by the last bytes of its answer. */
  resume (): void {
    for (const link of this.#links.values()) link.stream.resume()
  }

  /** Ends all of them, but for one that somebody else took over. */
  abortAll (except?: Duplex): void {
    for (const link of this.#links.values()) if (link.stream !== except) link.abort()
    this.#links.clear()
  }

  // A route that was replaced belongs to another session.
  #kept (route: Route): DeveloperLink | undefined {
    const kept = this.#links.get(route.intercept)
    return kept?.usable === true && kept.route === route ? kept : undefined
  }

  // A caller's connection may live for weeks and see many intercepts come and go.
  #forgetUseless (): void {
    if (this.#links.size === 0) return
    const { list } = this.#routes()
    for (const [intercept, link] of this.#links) {
      if (link.usable && list.includes(link.route)) continue
      link.abort()
      this.#links.delete(intercept)
    }
  }
}
