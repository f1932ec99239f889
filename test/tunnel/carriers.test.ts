import { once } from 'node:events'
import type { Socket } from 'node:net'
import test, { type ExecutionContext } from 'ava'
import { SessionRegistry } from '../../tunnel/session-registry.ts'
import type { Session } from '../../tunnel/session.ts'
import { openSession } from '../../tunnel/open-session.ts'
import { openCutNetwork, type NetworkOptions } from './helpers/cut-network.ts'
import { createManualClock } from './helpers/manual-clock.ts'
import { createRandom } from './helpers/random.ts'
import { echo, settle } from './helpers/session-pair.ts'
import { openSocketPair } from './helpers/socket-pair.ts'

async function openWithClock (t: ExecutionContext, options: Partial<NetworkOptions> = {}) {
  const clock = createManualClock()
  const network = openCutNetwork(t, {
    way: () => ({}), onStream: echo, cli: { clock, random: () => 0 }, proxy: { clock }, ...options
  })
  await network.cli.ready
  /** Answers, so that both sides are heard while time goes on. */
  const pass = async (ms: number): Promise<void> => {
    for (let at = 0; at < ms; at += 250) {
      clock.advance(250)
      await settle()
    }
  }
  return { ...network, clock, pass }
}

async function ask (session: Session, text: string): Promise<string> {
  const stream = session.openStream()
  stream.write(text)
  const [answer] = await once(stream, 'data') as [Buffer]
  return answer.toString()
}

test('a carrier that swallows bytes without closing is replaced before it is dead', async t => {
  const { cli, carriers, states, closings, pass } = await openWithClock(t)
  const held = cli.openStream()
  held.write('before')
  await once(held, 'data')
  carriers[0]?.break('silence')
  const answer = once(held, 'data')
  held.write('after')
  await pass(9000)

  t.is(String((await answer)[0]), 'after')
  t.is(carriers.length, 2)
  t.deepEqual([states, closings], [{ cli: [], proxy: [] }, { cli: [], proxy: [] }])
})

test('a machine that slept opens the next carrier at once', async t => {
  const { cli, clock, carriers, states, events } = await openWithClock(t)
  clock.jump(11_000)
  await settle()
  t.is(carriers.length, 2)
  t.is(await ask(cli, 'awake'), 'awake')
  t.deepEqual(events, ['carrier', 'carrier', 'resumed'])
  t.deepEqual(states, { cli: [], proxy: [] })
})

test('a clock that is set opens a carrier too many, and no more', async t => {
  const { cli, clock, carriers, closings, pass } = await openWithClock(t)
  clock.shiftWall(3_600_000)
  await pass(1000)
  clock.shiftWall(-7_200_000)
  await pass(5000)
  t.is(carriers.length, 2)
  t.is(await ask(cli, 'on'), 'on')
  t.deepEqual(closings, { cli: [], proxy: [] })
})

test('a session the proxy forgot ends by a code of its own, at once', async t => {
  const { cli, clock, registry, carriers, closings } = await openWithClock(t)
  const stream = cli.openStream()
  // As a proxy that was started anew: its sessions are gone, and the carrier with them.
  carriers[0]?.break('silence')
  registry.destroy()
  clock.jump(60_000)
  await settle()
  t.like(closings.cli, [{ code: 'WAYLAY_SESSION_UNKNOWN' }])
  t.like(stream.errored, { code: 'ECONNABORTED' })
})

test('a session without a carrier ends on both sides after fifteen seconds', async t => {
  const { clock, carriers, states, closings, events, pass } = await openWithClock(t, {
    way: number => number === 0 ? {} : undefined
  })
  carriers[0]?.break('cut')
  await pass(14_000)
  t.deepEqual([states.cli, states.proxy, closings.cli, closings.proxy], [['lost'], ['lost'], [], []])
  await pass(2000)
  clock.advance(250)
  await settle()
  t.like(closings.cli, [{ code: 'WAYLAY_TUNNEL_FAILED' }])
  t.like(closings.proxy, [{ code: 'WAYLAY_TUNNEL_FAILED' }])
  t.is(events.at(-1), 'lost')
})

test('attempts at the next carrier come later and later', async t => {
  const times: number[] = []
  const clock = createManualClock()
  const { cli, carriers } = openCutNetwork(t, {
    way: number => {
      times.push(clock.now())
      return number === 0 || times.length > 6 ? {} : undefined
    },
    onStream: echo,
    cli: { clock, random: () => 0 }
  })
  await cli.ready
  clock.advance(1000)
  await settle()
  carriers[0]?.break('cut')
  for (let at = 0; at < 100; at++) {
    await settle()
    clock.advance(100)
  }
  const waits = times.slice(2).map((ms, index) => ms - (times[index + 1] ?? 0))
  t.deepEqual(waits, [100, 200, 400, 800, 1600])
  t.is(await ask(cli, 'back'), 'back')
})

test('200 MB go through carriers that are cut every 20 MB', async t => {
  t.timeout(120_000)
  const block = createRandom(1).bytes(1_000_003)
  const TOTAL = 200 * 1_000_000
  const CUT_EVERY = 20 * 1_000_000
  const done = Promise.withResolvers<number>()
  const registry = new SessionRegistry({
    onSession: (session, vouch) => {
      vouch(true)
      return {
        onClose: error => { done.reject(error ?? new Error('ended')) },
        onStream: stream => {
          let at = 0
          stream.on('data', (bytes: Buffer) => {
            for (let from = 0; from < bytes.length;) {
              const offset = (at + from) % block.length
              const to = Math.min(bytes.length, from + block.length - offset)
              if (bytes.compare(block, offset, offset + to - from, from, to) !== 0) done.reject(new Error(`at ${at}`))
              from = to
            }
            at += bytes.length
            if (at === TOTAL) done.resolve(at)
          })
        }
      }
    }
  })
  let current: Socket | undefined
  const cli = openSession({
    role: 'cli',
    openCarrier: async () => {
      const [dialled, accepted] = await openSocketPair(t)
      current = dialled
      registry.accept(accepted)
      return dialled
    },
    onStream: () => {},
    onClose: error => { done.reject(error ?? new Error('ended')) }
  })
  t.teardown(() => { cli.destroy() })
  await cli.ready
  let cuts = 0
  const stream = cli.openStream()
  for (let sent = 0; sent < TOTAL;) {
    const bytes = block.subarray(0, Math.min(block.length, TOTAL - sent))
    sent += bytes.length
    // In the middle of what is under way, by a reset and by an end in turn.
    if (sent >= (cuts + 1) * CUT_EVERY) (++cuts % 2 === 0 ? current?.destroy() : current?.resetAndDestroy())
    if (!stream.write(bytes)) await Promise.race([once(stream, 'drain'), done.promise])
  }
  t.is(await done.promise, TOTAL)
  t.is(cuts, TOTAL / CUT_EVERY)
})
