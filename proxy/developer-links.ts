import type { Duplex } from 'node:stream'
import type { StreamHead } from '../tunnel/control-messages.ts'
import { DeveloperLink } from './developer-link.ts'
import type { Route } from './routes.ts'

/** The streams of one caller connection, one for each intercept that took a turn of it. */
export class DeveloperLinks {
  readonly #links = new Map<string, DeveloperLink>()
  readonly #head: Omit<StreamHead, 'intercept'>

  constructor (head: Omit<StreamHead, 'intercept'>) {
    this.#head = head
  }

  /**
   * The link of a route: the kept one where it can be used again, else a new one.
   *
   * @param fresh never the kept one.
   * @throws when the developer's session is gone.
   */
  get (route: Route, fresh: boolean): DeveloperLink {
    const kept = this.#links.get(route.intercept)
    // A route that was replaced belongs to another session.
    if (kept?.usable === true && kept.route === route && !fresh) return kept
    kept?.abort()
    const link = new DeveloperLink(route, this.#head)
    this.#links.set(route.intercept, link)
    return link
  }

  /** Ends all of them, but for one that somebody else took over. */
  abortAll (except?: Duplex): void {
    for (const link of this.#links.values()) if (link.stream !== except) link.abort()
    this.#links.clear()
  }
}
