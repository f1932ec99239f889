import { INITIAL_WINDOW_BYTES, MAX_SESSION_WINDOW_BYTES, MAX_STREAM_WINDOW_BYTES } from './constants.ts'

export type WindowBudgetDeps = {
  /** Milliseconds since any fixed moment. */
  readonly now: () => number
  /** To the peer and back; undefined as long as nothing was measured. */
  readonly roundTripMs: () => number | undefined
}

/** What a stream's reader took since its window was last thought about. */
export type Reading = { readonly windowBytes: number, readonly takenBytes: number, readonly elapsedMs: number }

/**
 * How large the windows of one session may be. One below bandwidth times round trip makes the sender wait for us, so a
 * stream's window follows twice that product, as far as the session's streams leave room for it.
 */
export class WindowBudget {
  readonly #deps: WindowBudgetDeps
  /** Of all streams together, beyond the first 256 KiB of each, which are not ours to withhold. */
  #claimedBytes = 0
  #claims = 0

  constructor (deps: WindowBudgetDeps) {
    this.#deps = deps
  }

  get claimedBytes (): number {
    return this.#claimedBytes
  }

  now (): number {
    return this.#deps.now()
  }

  /** The window a stream should have from now on; smaller than it is where many want to grow. */
  nextWindowBytes ({ windowBytes, takenBytes, elapsedMs }: Reading): number {
    const roundTripMs = this.#deps.roundTripMs()
    if (roundTripMs === undefined) return windowBytes
    const ownBytes = Math.max(0, windowBytes - INITIAL_WINDOW_BYTES)
    const product = takenBytes * roundTripMs / Math.max(elapsedMs, 0.1)
    // Doubled at most: what came in one burst says little about the bandwidth.
    const wantedBytes = Math.min(Math.max(windowBytes, 2 * product), 2 * windowBytes)
    const shareBytes = MAX_SESSION_WINDOW_BYTES / (this.#claims + (ownBytes > 0 ? 0 : 1))
    const roomBytes = MAX_SESSION_WINDOW_BYTES - this.#claimedBytes + ownBytes
    const mostBytes = INITIAL_WINDOW_BYTES + Math.floor(Math.min(shareBytes, roomBytes))
    return Math.max(INITIAL_WINDOW_BYTES, Math.min(Math.floor(wantedBytes), mostBytes, MAX_STREAM_WINDOW_BYTES))
  }

  /** A stream's claim changes. */
  claim (fromBytes: number, toBytes: number): void {
    this.#claimedBytes += toBytes - fromBytes
    if (fromBytes > 0) this.#claims--
    if (toBytes > 0) this.#claims++
  }
}
