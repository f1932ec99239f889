import test from 'ava'
import { createServerClock } from '../../intercepts/server-clock.ts'

const SERVER_MS = Date.UTC(2026, 5, 1, 12, 0, 0)
const HOUR_MS = 3_600_000

/** A server whose clock runs as the monotonic one does, and a machine whose own clock is wrong by `wrongMs`. */
function startWorld (wrongMs: number, startMs = SERVER_MS) {
  let passedMs = 0
  let jumpMs = wrongMs
  const serverMs = (): number => startMs + passedMs
  const clock = createServerClock({ monotonicMs: () => passedMs, machineNowMs: () => serverMs() + jumpMs })
  return {
    clock,
    serverMs,
    pass: (ms: number) => { passedMs += ms },
    jump: (ms: number) => { jumpMs += ms },
    /** One request: the server writes its date after `thereMs`, the answer needs `backMs`. */
    ask (thereMs: number, backMs: number): void {
      const sentMs = passedMs
      passedMs += thereMs
      const date = new Date(serverMs()).toUTCString()
      passedMs += backMs
      clock.learn(date, sentMs)
    },
    errorMs: () => Math.abs(clock.nowMs() - serverMs())
  }
}

test('before the first answer the clock is the machine\'s own', t => {
  const world = startWorld(HOUR_MS)

  t.is(world.clock.nowMs(), SERVER_MS + HOUR_MS)
})

for (const wrongMs of [HOUR_MS, -HOUR_MS]) {
  test(`one answer sets a clock right that is wrong by ${wrongMs} ms`, t => {
    const world = startWorld(wrongMs, SERVER_MS + 990)

    world.ask(20, 20)

    t.true(world.errorMs() <= 520, `${world.errorMs()} ms`)
  })
}

test('a jump of the machine\'s clock between two answers changes nothing', t => {
  const world = startWorld(0)
  world.ask(5, 5)
  const before = world.errorMs()

  world.jump(HOUR_MS)
  world.pass(1000)

  t.is(world.errorMs(), before)
})

test('answers at different moments of a second narrow the clock down', t => {
  const world = startWorld(HOUR_MS, SERVER_MS + 400)

  for (let count = 0; count < 50; count += 1) {
    world.ask(5, 5)
    world.pass(573)
  }

  t.true(world.errorMs() < 30, `${world.errorMs()} ms`)
})

test('what the clock says are whole milliseconds, as tickets want them', t => {
  const world = startWorld(0)
  world.ask(5.25, 5.5)

  t.true(Number.isSafeInteger(world.clock.nowMs()), String(world.clock.nowMs()))
})

test('a slow answer does not spoil what quick ones have told', t => {
  const world = startWorld(0)
  world.ask(5, 5)
  const before = world.errorMs()

  world.ask(10, 30_000)

  t.true(world.errorMs() < before + 50, `${world.errorMs()} ms`)
})

test('an answer that contradicts the earlier ones wins: the machine slept', t => {
  const world = startWorld(0)
  world.ask(5, 5)
  const sleptMs = HOUR_MS

  const date = new Date(world.serverMs() + sleptMs).toUTCString()
  world.clock.learn(date, 10)

  t.true(Math.abs(world.clock.nowMs() - world.serverMs() - sleptMs) <= 1000)
})

for (const date of [undefined, '', 'yesterday', '5', '2026-06-01T12:00:00Z']) {
  test(`a Date header ${JSON.stringify(date)} is passed over`, t => {
    const world = startWorld(HOUR_MS)

    world.clock.learn(date, 0)

    t.is(world.clock.nowMs(), SERVER_MS + HOUR_MS)
  })
}
