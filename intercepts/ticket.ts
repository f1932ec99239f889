import { createPublicKey, sign, verify, type KeyObject } from 'node:crypto'
import { WaylayError } from '../common/errors.ts'
import { canonicalMatch, parseMatch, type Match } from './match.ts'

/** What the installation says about one intercept: who may receive which requests of which workload, until when. */
export type Ticket = {
  /** Name of the Intercept object. */
  readonly intercept: string
  readonly namespace: string
  readonly workload: string
  /** Container port. */
  readonly port: number
  readonly match: Match
  /** User name as the API server authenticated it. */
  readonly owner: string
  /** Ed25519 public key of the CLI process that may use it: SubjectPublicKeyInfo, DER, base64. */
  readonly sessionKey: string
  /** Time of acquisition, ms since the epoch. A higher one replaces a lower one. */
  readonly fence: number
  /** ms since the epoch. */
  readonly notAfter: number
  /** Whether the namespace lets developers reach other hosts through its pods. */
  readonly egress?: true
  /** Version of the webhook that signed it, for those who ask what is installed. */
  readonly version?: string
}

/**
 * Signs a ticket: `base64url(JSON) "." base64url(Ed25519 signature of the first part)`. It is no secret: it counts only
 * together with the proof of its session key.
 */
export function signTicket (ticket: Ticket, key: KeyObject): string {
  const payload = Buffer.from(JSON.stringify({ ...ticket, match: canonicalMatch(ticket.match) })).toString('base64url')
  return `${payload}.${sign(null, Buffer.from(payload), key).toString('base64url')}`
}

/**
 * Reads a ticket and checks its signature and its age.
 *
 * @param nowMs the reader's clock, ms since the epoch.
 * @throws {WaylayError} `WAYLAY_TICKET_REFUSED` saying why.
 */
export function verifyTicket (text: string, key: KeyObject, nowMs: number): Ticket {
  const [payload, signature, more] = text.split('.')
  if (payload === undefined || signature === undefined || more !== undefined) throw refused('it is not a ticket')
  if (!verify(null, Buffer.from(payload), key, Buffer.from(signature, 'base64url'))) {
    throw refused('its signature is not this installation\'s')
  }
  const ticket = readTicket(payload)
  if (ticket.notAfter <= nowMs) throw refused(`it ended at ${new Date(ticket.notAfter).toISOString()}`)
  return ticket
}

/**
 * Reads a ticket without checking anything: for its owner, who has no key to check it with.
 *
 * @throws {WaylayError} `WAYLAY_TICKET_REFUSED` where it is none.
 */
export function decodeTicket (text: string): Ticket {
  try {
    return readTicket(text.split('.')[0] ?? '')
  } catch (cause) {
    throw cause instanceof WaylayError ? cause : refused('it is not a ticket')
  }
}

/** Reads a public key as it is written into pods and tickets: SubjectPublicKeyInfo, DER, base64. */
export function readPublicKey (base64: string): KeyObject {
  const key = createPublicKey({ key: Buffer.from(base64, 'base64'), format: 'der', type: 'spki' })
  if (key.asymmetricKeyType !== 'ed25519') throw refused(`the key is ${key.asymmetricKeyType}, not ed25519`)
  return key
}

/** Writes a public key the way `readPublicKey` reads it. */
export function writePublicKey (key: KeyObject): string {
  return key.export({ format: 'der', type: 'spki' }).toString('base64')
}

function readTicket (payload: string): Ticket {
  const fields = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Record<string, unknown>
  const text = (name: string): string => {
    const value = fields[name]
    if (typeof value !== 'string') throw refused(`its ${name} is missing`)
    return value
  }
  const number = (name: string): number => {
    const value = fields[name]
    if (!Number.isSafeInteger(value)) throw refused(`its ${name} is missing`)
    return Number(value)
  }
  return {
    intercept: text('intercept'),
    namespace: text('namespace'),
    workload: text('workload'),
    port: number('port'),
    match: parseMatch(fields['match']),
    owner: text('owner'),
    sessionKey: text('sessionKey'),
    fence: number('fence'),
    notAfter: number('notAfter'),
    ...(fields['egress'] === true && { egress: true }),
    ...(typeof fields['version'] === 'string' && { version: fields['version'] })
  }
}

function refused (why: string): WaylayError {
  return new WaylayError('WAYLAY_TICKET_REFUSED', `The ticket was refused: ${why}`)
}
