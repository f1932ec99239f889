import { WaylayError } from '../../common/errors.ts'
import { VERSION } from '../../common/version.ts'
import { signTicket } from '../../intercepts/ticket.ts'
import type { AddOperation } from '../operation.ts'
import type { AdmissionRequest } from '../review.ts'
import type { InterceptDeps, NamespaceFacts } from './deps.ts'
import { readEgress } from './egress.ts'
import type { Holding, InterceptWish } from './wish.ts'

const TICKET_LIFE_MS = 60 * 60 * 1000
// The proxy takes control messages of 64 KiB. Only values full of characters that take several bytes come near.
export const MAX_TICKET_LENGTH = 61_440

/**
 * Writes owner, fence and a fresh ticket over whatever the client sent.
 *
 * @param given `fence`: time of acquisition, ms since the epoch.
 * @throws {WaylayError} `WAYLAY_MATCH_MALFORMED` where the match is too long for a ticket.
 */
export function stamp (
  { namespace, userInfo }: AdmissionRequest,
  wish: InterceptWish,
  given: { readonly fence: number, readonly namespace: NamespaceFacts },
  deps: InterceptDeps
): { readonly patch: readonly AddOperation[], readonly warnings: readonly string[] } {
  const { name: intercept, workload, port, match, sessionKey } = wish
  const { fence } = given
  const owner = userInfo.username
  const notAfter = deps.nowMs() + TICKET_LIFE_MS
  const { isAllowed, warnings } = readEgress(namespace, given.namespace)
  const parts = { intercept, namespace, workload, port, match, owner, sessionKey, fence, notAfter, version: VERSION }
  const ticket = signTicket({ ...parts, ...(isAllowed && { egress: true }) }, deps.ticketKey())
  if (ticket.length > MAX_TICKET_LENGTH) {
    throw new WaylayError('WAYLAY_MATCH_MALFORMED', `The match is too long: its ticket would have ${ticket.length} characters, at most ${MAX_TICKET_LENGTH} are allowed`,
      { hint: 'Ask for less, or for values of fewer characters that are not ASCII.' })
  }
  return { patch: writeStamps({ owner, fence, ticket }), warnings }
}

/** Puts the stamps back as they were, whatever the client sent. */
export function keepStamps ({ owner, fence, ticket }: Holding): readonly AddOperation[] {
  return writeStamps({ owner, fence, ticket })
}

function writeStamps (stamps: Readonly<Record<string, unknown>>): readonly AddOperation[] {
  return Object.entries(stamps)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => ({ op: 'add', path: `/spec/${name}`, value }))
}
