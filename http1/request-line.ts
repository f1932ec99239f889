import { CR, IS_TARGET, IS_TOKEN, LF, MALFORMED, MAX_METHOD_BYTES, PARTIAL, SP } from './syntax.ts'

/** One request line: where its words stand. Filled again for each. */
export class RequestLine {
  methodTo = 0
  targetTo = 0
  isVersion11 = false

  /**
   * Reads `method SP target SP HTTP/1.x CRLF` (RFC 9112, 3) with one space on each side of the target. Says MALFORMED
   * as early as it can, so that a protocol that is not HTTP is never held back by us.
   *
   * @returns the index after the line; PARTIAL; or MALFORMED.
   */
  scan (bytes: Buffer, from: number, to: number): number {
    let at = from
    while (at < to && IS_TOKEN[bytes[at] as number] === 1) at++
    if (at - from > MAX_METHOD_BYTES) return MALFORMED
    if (at === to) return PARTIAL
    if (at === from || bytes[at] !== SP) return MALFORMED
    this.methodTo = at++
    const targetFrom = at
    while (at < to && IS_TARGET[bytes[at] as number] === 1) at++
    if (at === to) return PARTIAL
    if (at === targetFrom || bytes[at] !== SP) return MALFORMED
    this.targetTo = at++
    return this.#scanVersion(bytes, at, to)
  }

  #scanVersion (bytes: Buffer, from: number, to: number): number {
    const end = Math.min(to, from + PREFIX.length)
    for (let at = from; at < end; at++) {
      if (bytes[at] !== PREFIX[at - from]) return MALFORMED
    }
    const at = from + PREFIX.length
    if (at < to && bytes[at] !== ONE && bytes[at] !== ZERO) return MALFORMED
    if (at + 1 < to && bytes[at + 1] !== CR) return MALFORMED
    if (at + 2 < to && bytes[at + 2] !== LF) return MALFORMED
    if (at + 3 > to) return PARTIAL
    this.isVersion11 = bytes[at] === ONE
    return at + 3
  }
}

const PREFIX = Buffer.from('HTTP/1.', 'latin1')
const ZERO = 48
const ONE = 49
