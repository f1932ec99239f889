import type { KeyObject } from 'node:crypto'
import { WaylayError } from '../common/errors.ts'
import { verifyProof } from '../intercepts/proof.ts'
import { readPublicKey, verifyTicket, type Ticket } from '../intercepts/ticket.ts'
import type { Add, PortState } from '../tunnel/control-messages.ts'

export type Identity = {
  readonly namespace: string
  readonly pod: string
  readonly workload: string
  readonly ports: () => readonly PortState[]
}

export type TicketChecks = {
  readonly identity: Identity
  readonly ticketKey: KeyObject
  /** What this session has to prove its key with. */
  readonly nonce: string
  readonly nowMs: number
}

/**
 * Whoever can reach this pod's loopback can open a session; only the ticket and the proof of its key count.
 *
 * @throws {WaylayError} `WAYLAY_TICKET_REFUSED` saying why; `WAYLAY_PORT_UNKNOWN`
 */
export function checkTicket (add: Add, { identity, ticketKey, nonce, nowMs }: TicketChecks): Ticket {
  const { namespace, pod, workload, ports } = identity
  const ticket = verifyTicket(add.ticket, ticketKey, nowMs)
  if (ticket.intercept !== add.intercept) throw ticketRefused(`it is for intercept ${ticket.intercept}`)
  if (ticket.namespace !== namespace || ticket.workload !== workload) {
    throw ticketRefused(`it is for ${ticket.namespace}/${ticket.workload}, this pod is ${namespace}/${workload}`)
  }
  if (!verifyProof(readPublicKey(ticket.sessionKey), namespace, pod, nonce, add.proof)) {
    throw ticketRefused('the session did not prove that it holds its key')
  }
  if (!ports().some(({ port }) => port === ticket.port)) {
    throw new WaylayError('WAYLAY_PORT_UNKNOWN', `Pod ${pod} has no port ${ticket.port} that waylay stands in front of`)
  }
  return ticket
}

export function ticketRefused (why: string): WaylayError {
  return new WaylayError('WAYLAY_TICKET_REFUSED', `The ticket was refused: ${why}`)
}
