import { CarrierKeeper } from './carrier-keeper.ts'
import { ResumableSession } from './resumable-session.ts'
import type { Session, SessionOptions } from './session.ts'

/**
 * Starts the CLI's side of a session. The proxy's side is a `SessionRegistry`.
 *
 * The session outlives its carriers: the next one is opened before one gets old, at once when one is lost or fell
 * silent, and when the machine has slept. After 15 s without a byte it is over. A proxy that does not know it any more
 * ends it with `WAYLAY_SESSION_UNKNOWN`: a new one may be opened at once.
 */
export function openSession (options: SessionOptions): Session {
  const session = new ResumableSession('client', options)
  new CarrierKeeper(session, options).start()
  return session
}
