import type { Observation } from './observation.ts'
import type { ReferenceRequest } from './reference-request.ts'

/** Whether the app surely got this request: its request line came there, and the caller's stream has it once. */
export function reachedApp ({ appConnections }: Observation, stream: Buffer, request: ReferenceRequest): boolean {
  const line = stream.subarray(request.start, stream.indexOf('\r\n', request.start) + 2)
  const isOnlyOne = stream.indexOf(line) === request.start && stream.indexOf(line, request.start + 1) === -1
  return isOnlyOne && appConnections.some(({ received }) => received.includes(line))
}
