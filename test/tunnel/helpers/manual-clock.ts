import type { Clock } from '../../../tunnel/clock.ts'

export type ManualClock = Clock & {
  /** Moves time on in small steps, so that every tick falls where it would. */
  readonly advance: (ms: number) => void
  /** Moves time on at once, as after a stop of the process: each timer ticks once. */
  readonly jump: (ms: number) => void
  /** Sets the machine's clock, and nothing else. */
  readonly shiftWall: (ms: number) => void
}

export function createManualClock (): ManualClock {
  let now = 0
  let wallOffset = 1_700_000_000_000
  const timers = new Set<{ readonly intervalMs: number, readonly tick: () => void, dueAt: number }>()
  const runDue = (): void => {
    for (const timer of [...timers]) {
      if (timer.dueAt > now || !timers.has(timer)) continue
      timer.dueAt = now + timer.intervalMs
      timer.tick()
    }
  }
  return {
    now: () => now,
    wallNow: () => wallOffset + now,
    every: (intervalMs, tick) => {
      const timer = { intervalMs, tick, dueAt: now + intervalMs }
      timers.add(timer)
      return () => { timers.delete(timer) }
    },
    advance: ms => {
      for (const end = now + ms; now < end;) {
        now = Math.min(end, now + 100)
        runDue()
      }
    },
    shiftWall: ms => { wallOffset += ms },
    jump: ms => {
      now += ms
      runDue()
    }
  }
}
