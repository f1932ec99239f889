import { WaylayError } from '../common/errors.ts'

/** GoAway codes of the specification. */
export const GO_AWAY = { normal: 0, protocolError: 1, internalError: 2 } as const

export type GoAwayCode = typeof GO_AWAY[keyof typeof GO_AWAY]

/** The peer broke the rules of the carrier or of yamux. Ends the session; the peer is told with a GoAway. */
export class ProtocolViolation extends Error {
  override readonly name = 'ProtocolViolation'
}

/**
 * Why one stream ended early. Nothing else is hurt by it.
 *
 * `ECONNRESET`: the peer reset this stream. `ECONNABORTED`: its session ended; `cause` says why.
 */
export class StreamError extends Error {
  override readonly name = 'StreamError'
  readonly code: 'ECONNRESET' | 'ECONNABORTED'

  constructor (code: StreamError['code'], message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

/** What the owner of a session is told. A violation blames the version; whatever is not ours is our bug. */
export function toSessionError (error: unknown): WaylayError {
  if (error instanceof WaylayError) return error
  if (error instanceof ProtocolViolation) {
    return new WaylayError('WAYLAY_TUNNEL_PROTOCOL', error.message, { cause: error })
  }
  const text = error instanceof Error ? error.message : String(error)
  return new WaylayError('WAYLAY_INTERNAL', `The tunnel failed: ${text}`, { cause: error })
}

/** The GoAway that goes with a failure: foreign errors count as ours, never as a normal end. */
export function goAwayCodeFor (error: unknown): GoAwayCode {
  return error instanceof ProtocolViolation ? GO_AWAY.protocolError : GO_AWAY.internalError
}

/** The carrier went away or fell silent. */
export function carrierLost (reason: string, cause?: unknown): WaylayError {
  return new WaylayError('WAYLAY_TUNNEL_FAILED', `Connection to the pod lost: ${reason}`,
    cause === undefined ? {} : { cause })
}
