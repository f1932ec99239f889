import type { Duplex } from 'node:stream'
import type { WaylayError } from '../common/errors.ts'
import type { Clock } from './clock.ts'
import type { YamuxStream } from './stream.ts'

/** What a session tells whoever owns it. */
export type SessionOwner = {
  /** A stream the peer opened. Attach listeners before returning: its first bytes follow at once. */
  readonly onStream: (stream: YamuxStream) => void
  /** The session is over, its streams destroyed. Exactly once; undefined after a normal end by either side. */
  readonly onClose: (error: WaylayError | undefined) => void
  /** `lost`: no carrier is there, streams wait. `resumed`: they go on, nothing of them was lost. In turns. */
  readonly onCarrier?: (state: CarrierState) => void
}

export type CarrierState = 'lost' | 'resumed'

export type SessionTuning = {
  /** Unread bytes we allow on each stream, at least 262144. */
  readonly windowBytes?: number
  /** Streams the peer may have open at once; one more is reset. Default 10,000. */
  readonly maxStreams?: number
  readonly clock?: Clock
}

export type SessionOptions = SessionOwner & SessionTuning & {
  readonly role: 'cli'
  /**
   * Dials the pod: any Duplex that keeps order and tells when it is full. Called for the first carrier at once, and
   * again for each next one. A failure of the first call ends the session with that error; later ones are tried again.
   */
  readonly openCarrier: () => Promise<Duplex>
  /** Age at which a carrier is replaced by the next one. Default 45 minutes. */
  readonly carrierMaxAgeMs?: number
  /** 0 to 1: spreads what many sessions would do at the same moment. */
  readonly random?: () => number
}

export type Session = {
  /** CLI: the first pong came. Proxy: the peer's open came. Rejects with the session's error if that never happens. */
  readonly ready: Promise<void>
  /** 32 hexadecimal digits, made by the proxy; on the CLI's side empty until `ready`. */
  readonly id: string
  /** Open streams, both sides' together. */
  readonly streamCount: number
  /** Of the last ping of the carrier. */
  readonly roundTripMs: number | undefined
  /** Whether it waits for its next carrier. */
  readonly isLost: boolean
  /** Since the last byte received, in milliseconds: what the one clock for loss shows. */
  readonly silentMs: number
  /**
   * Opens a stream at once; nobody waits for an answer. What is written in the same tick goes out in one frame with it.
   *
   * @throws {WaylayError} `WAYLAY_TUNNEL_FAILED` the session is over, ends, or has no stream ids left
   */
  openStream (): YamuxStream
  /**
   * Sends what was written, says GoAway, and ends the carrier with FIN; streams that are still open are cut. Resolves
   * when nothing is left of the carrier, after 10 s at most; at once where none is there.
   */
  close (): Promise<void>
  /** Ends everything now; the peer is told, if it can be. */
  destroy (error?: WaylayError): void
}
