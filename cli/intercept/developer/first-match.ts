import type { TunnelEvent } from '../../../tunnel/control-messages.ts'
import type { Developer } from './developer.ts'

/** Whether a request was answered by the developer's program, and not by a proxy because nothing listens. */
export function isAnswered ({ event, status }: TunnelEvent, developer: Developer): boolean {
  return event === 'request' && status !== undefined && status > 0 && !(status === 502 && developer.isSilent())
}
