import type { Clock } from './clock.ts'
import { DEAD_AFTER_MS, PING_INTERVAL_MS } from './constants.ts'

const TICK_MS = 500

export type LivenessDeps = {
  readonly clock: Clock
  readonly sendPing: (payload: Buffer) => void
  readonly onDead: (reason: string) => void
}

/**
 * Pings one carrier every 5 s and calls it dead 10 s after the last byte received, or when nothing made it ready in the
 * first 10 s. A process that was stopped counts only one tick of that pause as silence: what arrived meanwhile is still
 * to be read.
 */
export class Liveness {
  readonly #deps: LivenessDeps
  readonly #stopClock: () => void
  #lastTickAt: number
  #sincePingMs = 0
  #silentMs = 0
  #ageMs = 0
  #isReady = false
  #pingNumber = 0
  #pingSentAt = 0
  #roundTripMs: number | undefined

  constructor (deps: LivenessDeps) {
    this.#deps = deps
    this.#lastTickAt = deps.clock.now()
    this.#stopClock = deps.clock.every(TICK_MS, () => { this.#tick() })
  }

  /** Since the last byte received, in milliseconds. */
  get silentMs (): number {
    return this.#silentMs
  }

  /** Of the last ping that was answered, in milliseconds. */
  get roundTripMs (): number | undefined {
    return this.#roundTripMs
  }

  ping (): void {
    this.#sincePingMs = 0
    this.#pingNumber = (this.#pingNumber + 1) % 2 ** 32
    this.#pingSentAt = this.#deps.clock.now()
    const payload = Buffer.allocUnsafe(4)
    payload.writeUInt32BE(this.#pingNumber)
    this.#deps.sendPing(payload)
  }

  /** Any bytes at all. */
  received (): void {
    this.#silentMs = 0
  }

  /** Takes only an answer to the last ping for a measurement; an older one would be off by a ping interval. */
  receivedPong (payload: Buffer): void {
    if (payload.length !== 4 || payload.readUInt32BE() !== this.#pingNumber) return
    this.#roundTripMs = this.#deps.clock.now() - this.#pingSentAt
  }

  ready (): void {
    this.#isReady = true
  }

  stop (): void {
    this.#stopClock()
  }

  #tick (): void {
    const now = this.#deps.clock.now()
    const elapsedMs = now - this.#lastTickAt
    this.#lastTickAt = now
    const countedMs = Math.min(elapsedMs, TICK_MS * 2)
    this.#silentMs += countedMs
    this.#ageMs += countedMs
    this.#sincePingMs += elapsedMs
    if (this.#silentMs >= DEAD_AFTER_MS) return this.#deps.onDead(`no byte for ${DEAD_AFTER_MS / 1000} s`)
    if (!this.#isReady && this.#ageMs >= DEAD_AFTER_MS) {
      return this.#deps.onDead(`not ready after ${DEAD_AFTER_MS / 1000} s`)
    }
    if (this.#sincePingMs >= PING_INTERVAL_MS) this.ping()
  }
}
