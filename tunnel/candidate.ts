import type { Duplex } from 'node:stream'
import type { OpenFrame } from './carrier-frame.ts'
import { Carrier } from './carrier.ts'
import { after, type Clock } from './clock.ts'
import { CANDIDATE_TIMEOUT_MS } from './constants.ts'
import { ProtocolViolation } from './errors.ts'

export type CandidateDeps = {
  readonly clock: Clock
  /** Waits for a pong before it says `open`: the carrier before it still works, and goes only for one that does. */
  readonly probesFirst: boolean
  /** Asked when `open` is sent: where we stand then. */
  readonly makeOpen: () => OpenFrame
  /** The other side goes on here, and with that it has left the carrier before. */
  readonly onAccepted: (carrier: Carrier, answer: OpenFrame) => void
  readonly onFailed: (reason: string, cause?: unknown) => void
}

/** The next carrier of a session on the CLI's side, until the proxy has taken it. */
export class Candidate {
  readonly carrier: Carrier
  readonly #deps: CandidateDeps
  readonly #stopTimer: () => void
  #isOpenSent = false

  constructor (duplex: Duplex, deps: CandidateDeps) {
    this.#deps = deps
    this.carrier = new Carrier(duplex, {
      onOpen: answer => { this.#receiveOpen(answer) },
      onData: () => { throw new ProtocolViolation('Data before the open frame') },
      onAck: () => { throw new ProtocolViolation('Ack before the open frame') },
      onPong: () => { this.#sendOpen() },
      onDrain: () => {},
      onFailure: error => { this.#fail(error instanceof Error ? error.message : String(error), error) },
      onLost: (reason, cause) => { this.#fail(reason, cause) }
    }, deps.clock)
    this.#stopTimer = after(deps.clock, CANDIDATE_TIMEOUT_MS, () => { this.#fail('no answer') })
    if (!deps.probesFirst) this.#sendOpen()
    this.carrier.ping()
  }

  /** Whether the proxy may have left the carrier before: from then on nothing is acknowledged there. */
  get isOpenSent (): boolean {
    return this.#isOpenSent
  }

  /** Nobody needs it any more. */
  stop (): void {
    this.#stopTimer()
    this.carrier.end()
  }

  #sendOpen (): void {
    if (this.#isOpenSent) return
    this.#isOpenSent = true
    this.carrier.sendOpen(this.#deps.makeOpen())
  }

  #receiveOpen (answer: OpenFrame): void {
    if (!this.#isOpenSent) throw new ProtocolViolation('Open frame that nobody asked for')
    this.#stopTimer()
    this.#deps.onAccepted(this.carrier, answer)
  }

  #fail (reason: string, cause?: unknown): void {
    this.stop()
    this.#deps.onFailed(reason, cause)
  }
}
