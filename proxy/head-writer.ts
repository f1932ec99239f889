import { baggageEdit } from '../http1/baggage-edit.ts'
import { forwardedForEdit } from '../http1/forwarded-for.ts'
import { editHead, growthOf, type HeadEdit } from '../http1/head-edit.ts'
import { hostEdit } from '../http1/host-header.ts'
import type { RequestHead } from '../http1/request-head.ts'
import type { ConnectionDeps } from './connection-deps.ts'

/** What decides how a head is sent on. */
export type HeadChanges = Pick<ConnectionDeps, 'caller' | 'forwardedFor' | 'propagates'>

/** Whether a head may have to be sent on in other bytes than it came. */
export function mayChangeHead (head: RequestHead, { forwardedFor, propagates }: HeadChanges): boolean {
  return forwardedFor || (propagates && head.hasRoutingHeader)
}

/**
 * A copy of the head `bytes[from..to)` as it is sent on.
 *
 * @param host what is written over Host, where the developer asks for it.
 */
export function copyHead (
  head: RequestHead, bytes: Buffer, from: number, to: number, changes: HeadChanges, host?: string
): Buffer {
  const edits: HeadEdit[] = []
  if (changes.forwardedFor) edits.push(forwardedForEdit(head, to, changes.caller.address))
  if (host !== undefined) edits.push(hostEdit(head, to, host))
  if (changes.propagates) {
    const headBytes = edits.reduce((sum, edit) => sum + growthOf(edit), to - from)
    const edit = baggageEdit(head, to, headBytes)
    if (edit !== undefined) edits.push(edit)
  }
  return editHead(bytes, from, to, edits)
}
