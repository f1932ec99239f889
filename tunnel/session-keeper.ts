import type { OpenFrame } from './carrier-frame.ts'
import type { Carrier } from './carrier.ts'

/** Whoever brings a session its carriers. */
export type SessionKeeper = {
  /** The first open frame on a carrier that began the session. */
  readonly onFirstOpen: (open: OpenFrame) => void
  readonly onPong: () => void
  readonly onLost: (carrier: Carrier) => void
  readonly onTick: () => void
  readonly onEnd: () => void
  /** Why there is no next carrier, if one was tried. */
  readonly lastFailure: Error | undefined
  /** Whether acknowledgements must wait: the peer was told where we stand, and may go on from there. */
  readonly holdsAcks: boolean
}

/** Where both sides go on. */
export type Resumption = {
  readonly peerReceivedBytes: number
  /** What the peer was told that we have. */
  readonly ownReceivedBytes: number
  /** Goes first on the new carrier. */
  readonly answer?: OpenFrame
}
