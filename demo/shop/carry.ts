import type { IncomingHttpHeaders } from 'node:http'

/** Headers that a request takes along from service to service. `baggage` is what OpenTelemetry carries by itself. */
const CARRIED = ['x-waylay-id', 'baggage', 'traceparent', 'tracestate'] as const

/** What an outgoing request must have of the incoming one, or the next service cannot tell whose request it is. */
export function carriedHeaders (incoming: IncomingHttpHeaders): Record<string, string> {
  const carried: Record<string, string> = {}
  for (const name of CARRIED) {
    const value = incoming[name]
    if (typeof value === 'string') carried[name] = value
  }
  return carried
}
