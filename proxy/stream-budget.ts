import type { Duplex } from 'node:stream'

export type StreamBounds = { readonly total: number, readonly perSession: number }

/** Each stream may hold a window of bytes for a developer who does not read: 256 KiB. */
export const STREAM_BOUNDS: StreamBounds = { total: 4000, perSession: 1000 }

/** How one session opens its streams. */
export type SessionStreams = {
  /** Whether one more may be open. Past the bound a request goes to the app. */
  readonly mayOpen: () => boolean
  /** Throws as the session's own. */
  readonly open: () => Duplex
}

/** Bounds how many streams to developers are open, so that nobody's intercept can cost the pod its memory. */
export class StreamBudget {
  readonly #bounds: StreamBounds
  #total = 0

  constructor (bounds = STREAM_BOUNDS) {
    this.#bounds = bounds
  }

  get open (): number {
    return this.#total
  }

  /** The part of one session. @param openStream the session's own. */
  share (openStream: () => Duplex): SessionStreams {
    let own = 0
    return {
      mayOpen: () => this.#total < this.#bounds.total && own < this.#bounds.perSession,
      open: () => {
        const stream = openStream()
        own++
        this.#total++
        stream.once('close', () => {
          own--
          this.#total--
        })
        return stream
      }
    }
  }
}
