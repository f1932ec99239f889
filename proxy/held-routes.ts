import type { WaylayCode } from '../common/failures.ts'
import type { Logger } from '../common/log.ts'
import type { Ticket } from '../intercepts/ticket.ts'
import { ticketRefused } from './check-ticket.ts'
import type { Holder, Route } from './route.ts'
import type { RouteTable } from './routes.ts'

export type HeldRoutesDeps = {
  readonly routes: RouteTable
  readonly now: () => number
  /** A route was taken away by our side. */
  readonly onEnded: (intercept: string, code: WaylayCode, message: string) => void
  /** One was taken or let go of. */
  readonly onChanged: (count: number) => void
  readonly log: Logger
}

type Held = { readonly route: Route, readonly ticket: Ticket, readonly timer: NodeJS.Timeout }

// A longer timer would fire at once (2^31 - 1 ms).
const MAX_TIMER_MS = 2 ** 31 - 1

/** The routes of one developer's session, each as long as its ticket. */
export class HeldRoutes {
  readonly #deps: HeldRoutesDeps
  readonly #held = new Map<string, Held>()

  constructor (deps: HeldRoutesDeps) {
    this.#deps = deps
  }

  /** The ticket by which an intercept is held here. */
  ticketOf (intercept: string): Ticket | undefined {
    return this.#held.get(intercept)?.ticket
  }

  tickets (): readonly Ticket[] {
    return [...this.#held.values()].map(({ ticket }) => ticket)
  }

  /**
   * Takes the route of a ticket that was checked. A renewed ticket prolongs the one that is there; a higher fence
   * replaces another session's, and so does the same developer's next session.
   *
   * @throws {WaylayError} `WAYLAY_TICKET_REFUSED` somebody holds it who came later, or at the same moment.
   */
  hold (ticket: Ticket, makeRoute: (holder: Holder) => Route): void {
    const { intercept, port, fence, sessionKey, owner } = ticket
    const own = this.#held.get(intercept)
    if (own !== undefined && own.ticket.fence === fence && own.ticket.sessionKey === sessionKey) {
      return this.#prolong(own, ticket)
    }
    const existing = this.#deps.routes.find(intercept)
    if (existing !== undefined && isNewer(existing, ticket)) throw ticketRefused('a newer owner holds this intercept')
    if (own !== undefined) clearTimeout(own.timer)
    const route = makeRoute({ sessionKey, onReplaced: by => { this.#replaced(intercept, by) } })
    this.#keep(route, ticket)
    this.#deps.routes.add(route)
    if (existing !== undefined && existing !== own?.route) existing.holder.onReplaced(ticket)
    this.#deps.log.info({ event: 'intercept.added', intercept, port, owner }, 'intercept added')
  }

  /** Lets go of it. Returns its route. */
  drop (intercept: string): Route | undefined {
    const held = this.#held.get(intercept)
    if (held === undefined) return undefined
    clearTimeout(held.timer)
    this.#held.delete(intercept)
    this.#deps.routes.remove(held.route)
    this.#deps.onChanged(this.#held.size)
    this.#deps.log.info({ event: 'intercept.removed', intercept }, 'intercept removed')
    return held.route
  }

  dropAll (): void {
    for (const intercept of [...this.#held.keys()]) this.drop(intercept)
  }

  #prolong ({ route, ticket, timer }: Held, renewed: Ticket): void {
    if (renewed.notAfter <= ticket.notAfter) return
    clearTimeout(timer)
    this.#keep(route, renewed)
  }

  #keep (route: Route, ticket: Ticket): void {
    const { intercept, notAfter } = ticket
    const timer = setTimeout(() => {
      this.drop(intercept)
      this.#deps.onEnded(intercept, 'WAYLAY_TICKET_REFUSED', 'The ticket ended')
    }, Math.min(notAfter - this.#deps.now(), MAX_TIMER_MS))
    timer.unref()
    this.#held.set(intercept, { route, ticket, timer })
    this.#deps.onChanged(this.#held.size)
  }

  #replaced (intercept: string, by: Ticket): void {
    const held = this.#held.get(intercept)
    this.drop(intercept)
    // The developer's own next session, while this one still looks for a carrier: nobody lost anything.
    if (held === undefined || held.ticket.sessionKey === by.sessionKey) return
    this.#deps.onEnded(intercept, 'WAYLAY_CONFLICT', `${by.owner} took the intercept over`)
  }
}

function isNewer (existing: Route, { fence, sessionKey }: Ticket): boolean {
  return existing.fence > fence || (existing.fence === fence && existing.holder.sessionKey !== sessionKey)
}
