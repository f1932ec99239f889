import { ROUTING_HEADER } from '../common/contract.ts'
import { baggageToAppend } from './baggage.ts'
import { addLine, insertAt, type HeadEdit } from './head-edit.ts'
import type { RequestHead } from './request-head.ts'

/** Many servers refuse a longer head, and nobody's request may fail because we made it longer. */
export const MAX_EDITED_HEAD_BYTES = 8192

/** Many take 100 lines and no more (Apache, gunicorn). One is left to X-Forwarded-For, which may be added too. */
export const MAX_EDITED_FIELDS = 99

/**
 * Adds the routing header's baggage member to a head that lacks it: to the last baggage line, because many read no more
 * than one and would lose what others wrote there.
 *
 * @param headEnd index after the head's empty line.
 * @param headBytes how long the head will be without this.
 * @returns undefined where nothing is to be added.
 */
export function baggageEdit (head: RequestHead, headEnd: number, headBytes: number): HeadEdit | undefined {
  if (!head.hasRoutingHeader || headBytes >= MAX_EDITED_HEAD_BYTES) return undefined
  // Baggage that is meant for this hop alone is not there to travel.
  if (head.isHopByHop('baggage')) return undefined
  const lines = head.values('baggage')
  const text = baggageToAppend(head.values(ROUTING_HEADER), lines)
  if (text === undefined) return undefined
  const end = head.lastValueEnd('baggage')
  if (end === -1 && head.fieldCount >= MAX_EDITED_FIELDS) return undefined
  const edit = end === -1 ? addLine(headEnd, `baggage: ${text}`) : insertAt(end, text)
  return headBytes + edit.text.length <= MAX_EDITED_HEAD_BYTES ? edit : undefined
}
