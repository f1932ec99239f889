import { ROUTING_HEADER } from '../../common/contract.ts'
import { baggageToAppend } from '../../http1/baggage.ts'
import { MAX_EDITED_FIELDS, MAX_EDITED_HEAD_BYTES } from '../../http1/baggage-edit.ts'
import { ENTRY_OVERHEAD_BYTES, type HeaderList } from '../../http2/header-list.ts'
import type { Http2Request } from '../../http2/request.ts'

/**
 * Adds the routing header's baggage member to a request that lacks it, as in HTTP/1.
 *
 * @param fields those of `request`; changed.
 * @param maxListBytes the longest list that the app takes, as RFC 9113, 6.5.2 counts it.
 * @returns false where nothing is to be added.
 */
export function addMember (request: Http2Request, fields: HeaderList, maxListBytes: number): boolean {
  const ids = request.values(ROUTING_HEADER)
  if (ids.length === 0) return false
  const last = fields.lastIndexOf('baggage')
  if (last === -1 && fields.length >= MAX_EDITED_FIELDS) return false
  const ownBytes = last === -1 ? 'baggage'.length + ENTRY_OVERHEAD_BYTES : 0
  const roomBytes = Math.min(MAX_EDITED_HEAD_BYTES, maxListBytes) - listBytes(fields) - ownBytes
  if (roomBytes <= 0) return false
  const text = baggageToAppend(ids, request.values('baggage'))
  if (text === undefined || text.length > roomBytes) return false
  if (last === -1) fields.add('baggage', text, false)
  else fields.values[last] += text
  return true
}

// As RFC 9113, 6.5.2 counts, which is how servers limit it.
function listBytes ({ names, values, length }: HeaderList): number {
  let bytes = 0
  for (let index = 0; index < length; index++) {
    bytes += (names[index] as string).length + (values[index] as string).length + ENTRY_OVERHEAD_BYTES
  }
  return bytes
}
