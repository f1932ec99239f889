import test from 'ava'
import { CARRIER_TYPE } from '../../tunnel/carrier-frame.ts'
import { createManualClock } from './helpers/manual-clock.ts'
import { OPEN, openRawCarrier } from './helpers/raw-carrier.ts'
import { settle } from './helpers/session-pair.ts'

async function startReady (t: Parameters<typeof openRawCarrier>[0]) {
  const clock = createManualClock()
  const raw = openRawCarrier(t, 'cli', { clock })
  raw.sendOpen(OPEN)
  raw.sendFrame(CARRIER_TYPE.pong, Buffer.from([0, 0, 0, 1]))
  await raw.session.ready
  const pings = () => raw.carrierFrames().filter(frame => frame.type === CARRIER_TYPE.ping)
  return { ...raw, clock, pings }
}

test('a carrier is pinged every five seconds', async t => {
  const { clock, pings, sendFrame } = await startReady(t)
  for (let round = 0; round < 4; round++) {
    clock.advance(5000)
    await settle()
    sendFrame(CARRIER_TYPE.pong, pings().at(-1)?.payload ?? Buffer.alloc(0))
    await settle()
  }
  t.is(pings().length, 5)
})

test('a carrier is dead ten seconds after its last byte', async t => {
  const { clock, states, carrier } = await startReady(t)
  clock.advance(9500)
  await settle()
  t.deepEqual(states, [])
  clock.advance(1000)
  t.deepEqual(states, ['lost'])
  t.true(carrier.writableEnded || carrier.destroyed)
})

test('a session is over fifteen seconds after its last byte', async t => {
  const { clock, closings, closed } = await startReady(t)
  clock.advance(14_000)
  await settle()
  t.deepEqual(closings, [])
  clock.advance(2000)
  const error = await closed
  t.is(error?.code, 'WAYLAY_TUNNEL_FAILED')
  t.regex(error?.message ?? '', /no byte for 10 s, and the next one could not be opened: no way to the pod/)
})

test('any byte keeps a carrier alive, not only a pong', async t => {
  const { clock, states, sendFrame } = await startReady(t)
  for (let round = 0; round < 10; round++) {
    clock.advance(9000)
    sendFrame(CARRIER_TYPE.ack, Buffer.alloc(8))
    await settle()
  }
  t.deepEqual(states, [])
})

test('a process that was stopped a minute does not call its carrier dead', async t => {
  const { clock, states, pings } = await startReady(t)
  clock.jump(60_000)
  await settle()
  t.deepEqual(states, [])
  t.is(pings().length, 2)
})

test('a carrier that is not ready in ten seconds is given up', async t => {
  const clock = createManualClock()
  const { session, sendFrame, closed } = openRawCarrier(t, 'cli', { clock })
  await settle()
  clock.advance(6000)
  sendFrame(CARRIER_TYPE.ack, Buffer.alloc(8))
  await settle()
  clock.advance(4500)
  t.like(await closed, { code: 'WAYLAY_TUNNEL_FAILED', message: 'Connection to the pod lost: not ready after 10 s' })
  await t.throwsAsync(session.ready, { code: 'WAYLAY_TUNNEL_FAILED' })
})

test('the proxy ends a carrier that says nothing for ten seconds', async t => {
  const clock = createManualClock()
  const { sendFrame, ended, closings } = openRawCarrier(t, 'proxy', { clock })
  clock.advance(6000)
  sendFrame(CARRIER_TYPE.ping, Buffer.alloc(4))
  await settle()
  clock.advance(4500)
  await ended
  t.deepEqual(closings, [])
})

test('the round trip is measured with the last ping only', async t => {
  const { clock, session, sendFrame, pings } = await startReady(t)
  clock.advance(5000)
  clock.advance(40)
  await settle()
  sendFrame(CARRIER_TYPE.pong, pings()[0]?.payload ?? Buffer.alloc(0))
  await settle()
  t.is(session.roundTripMs, 0)
  sendFrame(CARRIER_TYPE.pong, pings()[1]?.payload ?? Buffer.alloc(0))
  await settle()
  t.is(session.roundTripMs, 40)
})

test('the proxy\'s side pings too, so a silent CLI is noticed', async t => {
  const clock = createManualClock()
  const { sendOpen, ready, carrierFrames, states } = openRawCarrier(t, 'proxy', { clock })
  sendOpen({ session: undefined, bytesReceived: 0, carrierNumber: 1 })
  await ready
  await settle()
  t.deepEqual(carrierFrames().map(frame => frame.type), [CARRIER_TYPE.open, CARRIER_TYPE.ping], 'once for the round trip')
  clock.advance(5000)
  await settle()
  t.is(carrierFrames().length, 3)
  t.is(carrierFrames().at(-1)?.type, CARRIER_TYPE.ping)
  clock.advance(5500)
  t.deepEqual(states, ['lost'])
})
