import type { StandClock } from '../../../cli/clock.ts'

/** Time that the test moves; timers run in their order while it does. */
export class ManualClock implements StandClock {
  #nowMs = 0
  /** How far the machine's own clock is ahead of the steady one. */
  #wallAheadMs = 1_700_000_000_000
  #timers: { readonly atMs: number, readonly run: () => void }[] = []

  now = (): number => this.#nowMs
  wallNow = (): number => this.#nowMs + this.#wallAheadMs

  after = (delayMs: number, run: () => void): (() => void) => {
    const timer = { atMs: this.#nowMs + delayMs, run }
    this.#timers.push(timer)
    return () => { this.#timers = this.#timers.filter(other => other !== timer) }
  }

  /** Lets time pass, timer by timer, and what they begin finish as far as it can without time. */
  async pass (durationMs: number): Promise<void> {
    const endMs = this.#nowMs + durationMs
    await settle()
    for (;;) {
      const [next] = this.#timers.filter(({ atMs }) => atMs <= endMs).sort((a, b) => a.atMs - b.atMs)
      if (next === undefined) break
      this.#timers = this.#timers.filter(other => other !== next)
      this.#nowMs = next.atMs
      next.run()
      await settle()
    }
    this.#nowMs = endMs
    await settle()
  }

  /** The machine sleeps: its own clock goes on, the steady one and all timers stand still. */
  sleep (durationMs: number): void {
    this.#wallAheadMs += durationMs
  }

  /** Somebody sets the machine's clock. */
  setWall (byMs: number): void {
    this.#wallAheadMs += byMs
  }

  get pending (): number {
    return this.#timers.length
  }
}

/** Promises that wait for nothing but each other have come to rest by then. */
export async function settle (): Promise<void> {
  for (let round = 0; round < 3; round++) await new Promise(resolve => { setImmediate(resolve) })
}
