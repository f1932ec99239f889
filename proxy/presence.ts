import { LOSS } from '../common/contract.ts'

type Limits = Pick<typeof LOSS, 'requestWaitMs' | 'waitingMs'>

/**
 * Whether the way to one developer is there. While their session has no carrier, requests that begin wait for the next
 * one; those that began earlier just go on with it.
 */
export class Presence {
  readonly #silentMs: () => number
  readonly #limits: { readonly [Name in keyof Limits]: number }
  readonly #waiting = new Set<() => void>()
  #isLost = false

  /** @param silentMs since the last byte received of the developer's side. */
  constructor (silentMs: () => number, limits: { readonly [Name in keyof Limits]: number } = LOSS) {
    this.#silentMs = silentMs
    this.#limits = limits
  }

  get isLost (): boolean {
    return this.#isLost
  }

  lost (): void {
    this.#isLost = true
  }

  resumed (): void {
    this.#isLost = false
    for (const stop of [...this.#waiting]) stop()
  }

  /**
   * A request begins now.
   *
   * @param onGiveUp the way did not come back in time. Never before this returns.
   * @returns ends the waiting; undefined where there is nothing to wait for.
   */
  wait (onGiveUp: () => void): (() => void) | undefined {
    if (!this.#isLost) return undefined
    const { requestWaitMs, waitingMs } = this.#limits
    const timer = setTimeout(() => {
      stop()
      onGiveUp()
    }, Math.max(0, Math.min(requestWaitMs, waitingMs - this.#silentMs())))
    const stop = (): void => {
      clearTimeout(timer)
      this.#waiting.delete(stop)
    }
    this.#waiting.add(stop)
    return stop
  }
}
