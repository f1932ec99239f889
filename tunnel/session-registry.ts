import type { Duplex } from 'node:stream'
import { acceptSession, type Session, type SessionOwner, type SessionTuning } from './session.ts'

export type SessionRegistryOptions = SessionTuning & {
  /** A new session: returns who is told what happens to it. A session that comes back on another carrier is not new. */
  readonly onSession: (session: Session) => SessionOwner
}

/** The proxy's sessions: takes carriers, and finds the session that each belongs to. */
export class SessionRegistry {
  readonly #options: SessionRegistryOptions
  readonly #sessions = new Set<Session>()

  constructor (options: SessionRegistryOptions) {
    this.#options = options
  }

  get size (): number {
    return this.#sessions.size
  }

  accept (carrier: Duplex): void {
    const session: Session = acceptSession(carrier, {
      ...this.#options,
      onStream: stream => { owner.onStream(stream) },
      onClose: error => {
        this.#sessions.delete(session)
        owner.onClose(error)
      }
    })
    this.#sessions.add(session)
    const owner = this.#options.onSession(session)
  }
}
