import { addLine, insertAt, type HeadEdit } from './head-edit.ts'
import type { RequestHead } from './request-head.ts'

const NAME = 'x-forwarded-for'

/**
 * Appends a caller's address to X-Forwarded-For, the list that each proxy on the way lengthens by whoever called it, as
 * its last member: only that one was seen, all before it are hearsay.
 *
 * @param headEnd index after the head's empty line.
 * @param address as a socket tells it; empty where the socket was gone before it could tell.
 */
export function forwardedForEdit (head: RequestHead, headEnd: number, address: string): HeadEdit {
  const member = memberOf(address)
  const end = head.lastValueEnd(NAME)
  if (end === -1) return addLine(headEnd, `X-Forwarded-For: ${member}`)
  return insertAt(end, head.lastValueStart(NAME) === end ? member : `, ${member}`)
}

/** An address as X-Forwarded-For writes it: IPv4 mapped into IPv6 as IPv4, IPv6 without a zone. */
function memberOf (address: string): string {
  // Without a member, the one before it, which anybody may have written, would be taken for the caller (RFC 7239, 6.2).
  if (address === '') return 'unknown'
  if (MAPPED_IPV4.test(address)) return address.slice(MAPPED_PREFIX_LENGTH)
  const zone = address.indexOf('%')
  return zone === -1 ? address : address.slice(0, zone)
}

const MAPPED_IPV4 = /^::ffff:\d+\.\d+\.\d+\.\d+$/i
const MAPPED_PREFIX_LENGTH = '::ffff:'.length
