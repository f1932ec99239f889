import { VERSION } from '../../common/version.ts'
import { signTicket } from '../../intercepts/ticket.ts'
import type { AddOperation } from '../operation.ts'
import type { AdmissionRequest } from '../review.ts'
import type { InterceptDeps } from './deps.ts'
import type { Holding, InterceptWish } from './wish.ts'

const TICKET_LIFE_MS = 60 * 60 * 1000

/**
 * Writes owner, fence and a fresh ticket over whatever the client sent.
 *
 * @param fence time of acquisition, ms since the epoch.
 */
export function stamp (
  { namespace, userInfo }: AdmissionRequest, wish: InterceptWish, fence: number, deps: InterceptDeps
): readonly AddOperation[] {
  const { name: intercept, workload, port, match, sessionKey } = wish
  const owner = userInfo.username
  const notAfter = deps.nowMs() + TICKET_LIFE_MS
  const ticket = signTicket(
    { intercept, namespace, workload, port, match, owner, sessionKey, fence, notAfter, version: VERSION },
    deps.ticketKey())
  return writeStamps({ owner, fence, ticket })
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
