import { CR, LF, MALFORMED, PARTIAL } from './syntax.ts'

// HAProxy, "The PROXY protocol", 2.1 and 2.2.
const V1_START = Buffer.from('PROXY ', 'latin1')
const V1_MAX_BYTES = 107
const V2_START = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1')
const V2_FIXED_BYTES = 16
/** Much more than addresses and the usual extensions need. */
const V2_MAX_BYTES = 4096

/**
 * Finds the end of a PROXY protocol head, with which a load balancer tells the app who called.
 *
 * @returns the index after it; PARTIAL; or MALFORMED where there is none.
 */
export function findProxyHeadEnd (bytes: Buffer, from: number, to: number): number {
  if (from === to) return PARTIAL
  const first = bytes[from]
  if (first === V1_START[0]) return findV1End(bytes, from, to)
  return first === V2_START[0] ? findV2End(bytes, from, to) : MALFORMED
}

function findV1End (bytes: Buffer, from: number, to: number): number {
  if (!startsWith(bytes, from, to, V1_START)) return MALFORMED
  const end = Math.min(to, from + V1_MAX_BYTES)
  for (let at = from; at < end; at++) {
    if (bytes[at] === LF) return MALFORMED
    // Apps end the line at its first CR, or refuse it there.
    if (bytes[at] === CR && at + 1 < end) return bytes[at + 1] === LF ? at + 2 : MALFORMED
  }
  return end === to ? PARTIAL : MALFORMED
}

function findV2End (bytes: Buffer, from: number, to: number): number {
  if (!startsWith(bytes, from, to, V2_START)) return MALFORMED
  if (to - from < V2_FIXED_BYTES) return PARTIAL
  const length = V2_FIXED_BYTES + bytes.readUInt16BE(from + V2_FIXED_BYTES - 2)
  if (length > V2_MAX_BYTES) return MALFORMED
  return to - from < length ? PARTIAL : from + length
}

function startsWith (bytes: Buffer, from: number, to: number, start: Buffer): boolean {
  const length = Math.min(to - from, start.length)
  return bytes.compare(start, 0, length, from, from + length) === 0
}
