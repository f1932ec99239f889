import { randomBytes, type KeyObject } from 'node:crypto'
import type { Duplex } from 'node:stream'
import { assertNever } from '../common/assert-never.ts'
import { TUNNEL_PROTOCOL_VERSION } from '../common/contract.ts'
import { toWaylayError, WaylayError } from '../common/errors.ts'
import type { Logger } from '../common/log.ts'
import { VERSION } from '../common/version.ts'
import { readHostHeader } from '../intercepts/host-header.ts'
import type { Ticket } from '../intercepts/ticket.ts'
import type { Add, FromCli, FromProxy } from '../tunnel/control-messages.ts'
import { checkTicket, type Identity } from './check-ticket.ts'
import { SessionChecks } from './check/session-checks.ts'
import { SessionEgress } from './egress/session-egress.ts'
import { HeldRoutes } from './held-routes.ts'
import { OpenTurns } from './open-turns.ts'
import type { Presence } from './presence.ts'
import { isPassedBy, type Holder, type Route, type RouteReport } from './route.ts'
import type { RouteTable } from './routes.ts'
import type { SessionStreams } from './stream-budget.ts'

/** What one developer's session needs from outside. */
export type DeveloperSessionDeps = {
  readonly identity: Identity
  readonly ticketKey: KeyObject
  readonly routes: RouteTable
  readonly send: (message: FromProxy) => void
  /** Whether their carrier is there. */
  readonly presence: Presence
  /** Told whether a valid ticket stands behind the session. */
  readonly vouch: (isVouched: boolean) => void
  /** Streams to the CLI. */
  readonly streams: SessionStreams
  /** Connections to a port that do not pass the proxy. */
  readonly countBypassing: (port: number) => Promise<number>
  readonly now: () => number
  readonly log: Logger
}

/** The proxy's end of one CLI process: checks its tickets and holds its routes. */
export class DeveloperSession {
  readonly #deps: DeveloperSessionDeps
  readonly #nonce = randomBytes(16).toString('base64')
  readonly #held: HeldRoutes
  readonly #checks: SessionChecks
  readonly #egress: SessionEgress
  #greeted = false
  #overloadToldMs = -Infinity
  #gone = false

  constructor (deps: DeveloperSessionDeps) {
    this.#deps = deps
    const { routes, now, log, send } = deps
    this.#held = new HeldRoutes({
      routes,
      now,
      log,
      onEnded: (intercept, code, message) => { send({ type: 'ended', intercept, code, message }) },
      onChanged: count => {
        deps.vouch(count > 0)
        this.#egress.review()
      }
    })
    this.#checks = new SessionChecks({ matchOf: name => this.#held.ticketOf(name)?.match, send })
    const owner = (): string | undefined => this.#held.tickets().find(({ egress }) => egress === true)?.owner
    this.#egress = new SessionEgress({ owner, log })
  }

  /** @throws {WaylayError} when the session must end: the two sides do not understand each other. */
  onMessage (message: FromCli): void {
    if (message.type === 'hello') return this.#welcome(message.protocol)
    if (!this.#greeted) throw new WaylayError('WAYLAY_TUNNEL_PROTOCOL', `"${message.type}" came before "hello"`)
    switch (message.type) {
      case 'add': return void this.#add(message)
      case 'remove': return void this.#remove(message.intercept)
      case 'check': return this.#checks.add(message)
      default: return assertNever(message)
    }
  }

  /** A stream that the CLI opened after its control stream: it wants to be connected with another host. */
  onStream (stream: Duplex): void {
    this.#egress.accept(stream)
  }

  /** The session is over: its routes end at once, and their requests go to the app. */
  close (): void {
    this.#gone = true
    this.#checks.close()
    this.#egress.close()
    this.#held.dropAll()
  }

  #welcome (protocol: number): void {
    if (protocol !== TUNNEL_PROTOCOL_VERSION) {
      throw new WaylayError('WAYLAY_TUNNEL_PROTOCOL', `The CLI speaks protocol ${protocol}, this proxy ${TUNNEL_PROTOCOL_VERSION}`)
    }
    // A second one, or the first one's bytes once more: nobody of ours says it.
    if (this.#greeted) throw new WaylayError('WAYLAY_TUNNEL_PROTOCOL', '"hello" came a second time')
    this.#greeted = true
    this.#deps.send({
      type: 'welcome',
      protocol: TUNNEL_PROTOCOL_VERSION,
      version: VERSION,
      features: [],
      nonce: this.#nonce,
      ...this.#deps.identity,
      ports: this.#deps.identity.ports()
    })
  }

  // New requests go to the app at once; those that the developer answers just now get their answer.
  async #remove (intercept: string): Promise<void> {
    const route = this.#held.drop(intercept)
    await route?.turns.none(FINISH_LIMIT_MS)
    if (!this.#gone) this.#deps.send({ type: 'removed', intercept })
  }

  async #add (add: Add): Promise<void> {
    const { identity, ticketKey, now, countBypassing, log, send } = this.#deps
    try {
      const ticket = checkTicket(add, { identity, ticketKey, nonce: this.#nonce, nowMs: now() })
      const hostHeader = add.hostHeader === undefined ? undefined : readHostHeader(add.hostHeader)
      this.#held.hold(ticket, holder => this.#makeRoute(ticket, holder, hostHeader))
      const bypassing = await countBypassing(ticket.port)
      send({ type: 'added', intercept: ticket.intercept, bypassing })
    } catch (error) {
      const { code, message } = toWaylayError(error)
      log.warn({ event: 'intercept.refused', intercept: add.intercept, code }, message)
      send({ type: 'refused', intercept: add.intercept, code, message })
    }
  }

  #makeRoute ({ intercept, port, fence, match }: Ticket, holder: Holder, hostHeader: string | undefined): Route {
    const { streams, presence, send } = this.#deps
    const route: Route = {
      intercept,
      port,
      fence,
      match,
      hostHeader,
      holder,
      presence,
      turns: new OpenTurns(),
      mayOpen: streams.mayOpen,
      openStream: () => {
        if (isPassedBy(route)) throw new WaylayError('WAYLAY_DEVELOPER_GONE', 'The way to the developer is lost')
        return streams.open()
      },
      isGone: () => this.#gone,
      report: report => {
        if (this.#isNews(report)) send({ type: 'event', intercept, ...report })
      }
    }
    return route
  }

  // What happens to every request of an overloaded pod is said once a second.
  #isNews ({ event }: RouteReport): boolean {
    if (event !== 'overload') return true
    const nowMs = performance.now()
    if (nowMs - this.#overloadToldMs < OVERLOAD_NEWS_MS) return false
    this.#overloadToldMs = nowMs
    return true
  }
}

const OVERLOAD_NEWS_MS = 1000
/** Whoever ends an intercept does not wait longer for a developer's answers. */
const FINISH_LIMIT_MS = 1000
