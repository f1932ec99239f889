import { CR, IS_REASON, LF, MALFORMED, PARTIAL, SP } from './syntax.ts'

/** One status line: what it says. Filled again for each. */
export class StatusLine {
  status = 0
  isVersion11 = false
  reasonFrom = 0
  reasonTo = 0

  /**
   * Reads `HTTP/1.x SP status [SP reason] CRLF` (RFC 9112, 4; servers are known to leave out the second space).
   *
   * @returns the index after the line; PARTIAL; or MALFORMED, as early as that can be said.
   */
  scan (bytes: Buffer, from: number, to: number): number {
    const prefixEnd = Math.min(to, from + PREFIX.length)
    for (let at = from; at < prefixEnd; at++) {
      if (bytes[at] !== PREFIX[at - from]) return MALFORMED
    }
    let at = from + PREFIX.length
    if (at < to && bytes[at] !== ONE && bytes[at] !== ZERO) return MALFORMED
    if (at + 1 < to && bytes[at + 1] !== SP) return MALFORMED
    this.isVersion11 = bytes[at] === ONE
    at += 2
    const statusFrom = at
    this.status = 0
    for (; at < statusFrom + STATUS_DIGITS; at++) {
      if (at >= to) return PARTIAL
      const digit = (bytes[at] as number) - ZERO
      if (digit < 0 || digit > 9) return MALFORMED
      this.status = this.status * 10 + digit
    }
    return this.status < 100 ? MALFORMED : this.#scanReason(bytes, at, to)
  }

  #scanReason (bytes: Buffer, from: number, to: number): number {
    let at = from
    if (at === to) return PARTIAL
    if (bytes[at] === SP) at++
    else if (bytes[at] !== CR) return MALFORMED
    this.reasonFrom = at
    while (at < to && IS_REASON[bytes[at] as number] === 1) at++
    this.reasonTo = at
    if (at === to) return PARTIAL
    if (bytes[at] !== CR) return MALFORMED
    if (at + 1 === to) return PARTIAL
    return bytes[at + 1] === LF ? at + 2 : MALFORMED
  }
}

const PREFIX = Buffer.from('HTTP/1.', 'latin1')
const STATUS_DIGITS = 3
const ZERO = 48
const ONE = 49
