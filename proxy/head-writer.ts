import { appendForwardedFor } from '../http1/forwarded-for.ts'
import type { RequestHead } from '../http1/request-head.ts'

/**
 * A copy of the head `bytes[from..to)` as it is sent on.
 *
 * @param callerAddress what is added to X-Forwarded-For, where the pod asks for it.
 */
export function copyHead (
  head: RequestHead, bytes: Buffer, from: number, to: number, callerAddress: string | undefined
): Buffer {
  const sent = bytes.subarray(from, to)
  if (callerAddress === undefined) return Buffer.from(sent)
  const last = head.lastValueEnd('x-forwarded-for')
  return appendForwardedFor(sent, last === -1 ? -1 : last - from, callerAddress)
}
