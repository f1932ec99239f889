import { appendForwardedFor } from '../http1/forwarded-for.ts'
import { replaceHost } from '../http1/host-header.ts'
import type { RequestHead } from '../http1/request-head.ts'

/**
 * A copy of the head `bytes[from..to)` as it is sent on.
 *
 * @param callerAddress what is added to X-Forwarded-For, where the pod asks for it.
 * @param host what is written over Host, where the developer asks for it.
 */
export function copyHead (
  head: RequestHead, bytes: Buffer, from: number, to: number, callerAddress: string | undefined, host?: string
): Buffer {
  const sent = bytes.subarray(from, to)
  const last = callerAddress === undefined ? -1 : head.lastValueEnd('x-forwarded-for')
  const copy = callerAddress === undefined
    ? Buffer.from(sent)
    : appendForwardedFor(sent, last === -1 ? -1 : last - from, callerAddress)
  if (host === undefined) return copy
  const hostFrom = head.lastValueStart('host')
  if (hostFrom === -1) return replaceHost(copy, -1, -1, host)
  // What was added before it has moved it.
  const moved = last !== -1 && last <= hostFrom ? copy.length - sent.length : 0
  return replaceHost(copy, hostFrom - from + moved, head.lastValueEnd('host') - from + moved, host)
}
