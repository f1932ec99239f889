import { randomBytes, type KeyObject } from 'node:crypto'
import type { Duplex } from 'node:stream'
import { assertNever } from '../common/assert-never.ts'
import { TUNNEL_PROTOCOL_VERSION } from '../common/contract.ts'
import { toWaylayError, WaylayError } from '../common/errors.ts'
import type { Logger } from '../common/log.ts'
import { VERSION } from '../common/version.ts'
import { readHostHeader } from '../intercepts/host-header.ts'
import { verifyProof } from '../intercepts/proof.ts'
import { readPublicKey, verifyTicket, type Ticket } from '../intercepts/ticket.ts'
import type { Add, FromCli, FromProxy, PortState } from '../tunnel/control-messages.ts'
import { SessionChecks } from './check/session-checks.ts'
import { SessionEgress } from './egress/session-egress.ts'
import { OpenTurns } from './open-turns.ts'
import type { Route, RouteReport } from './route.ts'
import type { RouteTable } from './routes.ts'
import type { SessionStreams } from './stream-budget.ts'

/** What one developer's session needs from outside. */
export type DeveloperSessionDeps = {
  readonly identity: {
    readonly namespace: string
    readonly pod: string
    readonly workload: string
    readonly ports: () => readonly PortState[]
  }
  readonly ticketKey: KeyObject
  readonly routes: RouteTable
  readonly send: (message: FromProxy) => void
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
  readonly #held = new Map<string, {
    readonly route: Route, readonly timer: NodeJS.Timeout, readonly ticket: Ticket
  }>()

  readonly #checks: SessionChecks
  readonly #egress: SessionEgress
  #greeted = false
  #overloadToldMs = -Infinity
  #gone = false

  constructor (deps: DeveloperSessionDeps) {
    this.#deps = deps
    this.#checks = new SessionChecks({ matchOf: name => this.#held.get(name)?.route.match, send: deps.send })
    const owner = (): string | undefined =>
      [...this.#held.values()].find(({ ticket }) => ticket.egress === true)?.ticket.owner
    this.#egress = new SessionEgress({ owner, log: deps.log })
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
    for (const intercept of [...this.#held.keys()]) this.#drop(intercept)
  }

  #welcome (protocol: number): void {
    if (protocol !== TUNNEL_PROTOCOL_VERSION) {
      throw new WaylayError('WAYLAY_TUNNEL_PROTOCOL', `The CLI speaks protocol ${protocol}, this proxy ${TUNNEL_PROTOCOL_VERSION}`)
    }
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
    const route = this.#held.get(intercept)?.route
    this.#drop(intercept)
    this.#egress.review()
    await route?.turns.none(FINISH_LIMIT_MS)
    if (!this.#gone) this.#deps.send({ type: 'removed', intercept })
  }

  async #add (add: Add): Promise<void> {
    try {
      const ticket = this.#check(add)
      this.#hold(ticket, add.hostHeader === undefined ? undefined : readHostHeader(add.hostHeader))
      const bypassing = await this.#deps.countBypassing(ticket.port)
      this.#deps.send({ type: 'added', intercept: ticket.intercept, bypassing })
    } catch (error) {
      const { code, message } = toWaylayError(error)
      this.#deps.log.warn({ event: 'intercept.refused', intercept: add.intercept, code }, message)
      this.#deps.send({ type: 'refused', intercept: add.intercept, code, message })
    }
  }

  // Whoever can reach this pod's loopback can open a session; only the ticket and the proof of its key count.
  #check (add: Add): Ticket {
    const { namespace, pod, workload, ports } = this.#deps.identity
    const ticket = verifyTicket(add.ticket, this.#deps.ticketKey, this.#deps.now())
    const refuse = (why: string): WaylayError => new WaylayError('WAYLAY_TICKET_REFUSED', `The ticket was refused: ${why}`)
    if (ticket.intercept !== add.intercept) throw refuse(`it is for intercept ${ticket.intercept}`)
    if (ticket.namespace !== namespace || ticket.workload !== workload) {
      throw refuse(`it is for ${ticket.namespace}/${ticket.workload}, this pod is ${namespace}/${workload}`)
    }
    if (!verifyProof(readPublicKey(ticket.sessionKey), namespace, pod, this.#nonce, add.proof)) {
      throw refuse('the session did not prove that it holds its key')
    }
    if (!ports().some(({ port }) => port === ticket.port)) {
      throw new WaylayError('WAYLAY_PORT_UNKNOWN', `Pod ${pod} has no port ${ticket.port} that waylay stands in front of`)
    }
    const existing = this.#deps.routes.find(ticket.intercept)
    if (existing !== undefined && existing.fence > ticket.fence) throw refuse('a newer owner holds this intercept')
    return ticket
  }

  #hold (ticket: Ticket, hostHeader: string | undefined): void {
    this.#drop(ticket.intercept)
    const { intercept, port, fence } = ticket
    const route: Route = {
      intercept,
      port,
      fence,
      match: ticket.match,
      hostHeader,
      turns: new OpenTurns(),
      mayOpen: this.#deps.streams.mayOpen,
      openStream: this.#deps.streams.open,
      isGone: () => this.#gone,
      report: report => {
        if (this.#isNews(report)) this.#deps.send({ type: 'event', intercept, ...report })
      }
    }
    const timer = setTimeout(() => this.#expire(ticket), Math.min(ticket.notAfter - this.#deps.now(), MAX_TIMER_MS))
    timer.unref()
    this.#held.set(intercept, { route, timer, ticket })
    this.#deps.routes.add(route)
    this.#deps.log.info({ event: 'intercept.added', intercept, port, owner: ticket.owner }, 'intercept added')
  }

  // What happens to every request of an overloaded pod is said once a second.
  #isNews ({ event }: RouteReport): boolean {
    if (event !== 'overload') return true
    const nowMs = performance.now()
    if (nowMs - this.#overloadToldMs < OVERLOAD_NEWS_MS) return false
    this.#overloadToldMs = nowMs
    return true
  }

  #expire ({ intercept }: Ticket): void {
    this.#drop(intercept)
    this.#egress.review()
    this.#deps.send({ type: 'ended', intercept, code: 'WAYLAY_TICKET_REFUSED', message: 'The ticket ended' })
  }

  #drop (intercept: string): void {
    const held = this.#held.get(intercept)
    if (held === undefined) return
    clearTimeout(held.timer)
    this.#held.delete(intercept)
    this.#deps.routes.remove(held.route)
    this.#deps.log.info({ event: 'intercept.removed', intercept }, 'intercept removed')
  }
}

const OVERLOAD_NEWS_MS = 1000
/** Whoever ends an intercept does not wait longer for a developer's answers. */
const FINISH_LIMIT_MS = 1000

// A longer timer would fire at once (2^31 - 1 ms).
const MAX_TIMER_MS = 2 ** 31 - 1
