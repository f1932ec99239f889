import { COLON, LF, SP, TAB } from './syntax.ts'

const NEW_LINE = 'X-Forwarded-For: '
const CRLF = '\r\n'

/**
 * Appends a caller's address to X-Forwarded-For, the list that each proxy on the way lengthens by whoever called it.
 *
 * @param head a complete request head, its empty line included; not changed.
 * @param lastValueEnd index in `head` after the value of the last X-Forwarded-For line, -1 where there is none.
 * @param address as a socket tells it; empty where the socket was gone before it could tell.
 * @returns a copy with the address as the list's last member: only that one was seen, all before it are hearsay.
 */
export function appendForwardedFor (head: Buffer, lastValueEnd: number, address: string): Buffer {
  const member = memberOf(address)
  if (lastValueEnd === -1) return insert(head, head.length - CRLF.length, NEW_LINE + member + CRLF)
  return insert(head, lastValueEnd, isEmptyValue(head, lastValueEnd) ? member : `, ${member}`)
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

// A value may end with a colon itself (`fe80::`), so the colon that counts is the line's first.
function isEmptyValue (head: Buffer, valueEnd: number): boolean {
  let at = valueEnd - 1
  while (head[at] === SP || head[at] === TAB) at--
  return head[at] === COLON && head.indexOf(COLON, head.lastIndexOf(LF, at) + 1) === at
}

function insert (bytes: Buffer, at: number, text: string): Buffer {
  const changed = Buffer.allocUnsafe(bytes.length + text.length)
  bytes.copy(changed, 0, 0, at)
  changed.write(text, at, 'latin1')
  bytes.copy(changed, at + text.length, at)
  return changed
}
