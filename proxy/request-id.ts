import type { RequestView } from '../intercepts/request-view.ts'

const MAX_ID_LENGTH = 128
const VISIBLE = /^[!-~]+$/
// W3C Trace Context, 3.2: version, trace id, parent id, flags; later versions may have more behind.
const TRACEPARENT = /^[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}(?:-|$)/

/**
 * The name by which logs and traces know a request: `x-request-id`, or else the trace id of `traceparent`. At most 128
 * visible characters of it, because it is printed in a terminal and whoever sends a request chooses it.
 */
export function requestIdOf (view: RequestView): string | undefined {
  const [id] = view.values('x-request-id')
  if (id !== undefined && VISIBLE.test(id)) return id.slice(0, MAX_ID_LENGTH)
  const traceId = TRACEPARENT.exec(view.values('traceparent')[0] ?? '')?.[1]
  // All zeros mean "none".
  return traceId === undefined || /^0+$/.test(traceId) ? undefined : traceId
}
