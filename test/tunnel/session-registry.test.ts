import { duplexPair, type Duplex } from 'node:stream'
import test, { type ExecutionContext } from 'ava'
import { CARRIER_TYPE, decodeOpen, encodeAck, encodeOpen, type OpenFrame } from '../../tunnel/carrier-frame.ts'
import type { WaylayError } from '../../common/errors.ts'
import { SessionRegistry, type SessionRegistryOptions, type Vouch } from '../../tunnel/session-registry.ts'
import { createManualClock } from './helpers/manual-clock.ts'
import { decodeCarrierNaively, encodeCarrierNaively, encodeNaively } from './helpers/naive-codec.ts'
import { OPEN_NONE } from './helpers/raw-carrier.ts'
import { settle } from './helpers/session-pair.ts'

/** A registry, and whoever comes to it, byte by byte. */
function startRegistry (t: ExecutionContext, options: Partial<SessionRegistryOptions> = {}) {
  const clock = createManualClock()
  const closings: Array<WaylayError | undefined> = []
  const vouches: Vouch[] = []
  const registry: SessionRegistry = new SessionRegistry({
    clock,
    onSession: (session, vouch) => {
      vouches.push(vouch)
      return { onStream: stream => { stream.pipe(stream) }, onClose: error => { closings.push(error) } }
    },
    ...options
  })
  t.teardown(() => { registry.destroy() })
  const connect = () => {
    const [ours, theirs] = duplexPair()
    let received = Buffer.alloc(0)
    ours.on('data', (bytes: Buffer) => { received = Buffer.concat([received, bytes]) }).on('error', () => {})
    registry.accept(theirs)
    const frames = () => decodeCarrierNaively(received).frames
    const opens = () => frames()
      .filter(({ type }) => type === CARRIER_TYPE.open).map(({ payload }) => decodeOpen(payload))
    return { carrier: ours, theirs, frames, opens }
  }
  const open = async (frame: OpenFrame = OPEN_NONE) => {
    const connection = connect()
    connection.carrier.write(encodeOpen(frame))
    await settle()
    return connection
  }
  return { registry, clock, closings, vouches, connect, open }
}

function isEnded ({ theirs }: { theirs: Duplex }): boolean {
  return theirs.writableEnded || theirs.destroyed
}

test('whoever has id and token goes on, and the carrier before is left', async t => {
  const { registry, open } = startRegistry(t)
  const first = await open()
  first.carrier.write(encodeCarrierNaively(CARRIER_TYPE.data, encodeNaively({ flags: 1, streamId: 1 })))
  await settle()
  const session = first.opens()[0]?.session
  const second = await open({ session, bytesReceived: 0, carrierNumber: 2 })

  t.deepEqual(second.opens(), [{ session, bytesReceived: 12, carrierNumber: 2 }])
  t.true(isEnded(first))
  t.false(isEnded(second))
  t.is(registry.size, 1)
  // What had been sent to the first comes again.
  const data = second.frames().filter(({ type }) => type === CARRIER_TYPE.data)
  t.is(Buffer.concat(data.map(({ payload }) => payload)).readUInt32BE(4), 1)
})

test('a wrong token or an unknown id opens nothing and ends nothing', async t => {
  const { registry, open, closings } = startRegistry(t)
  const first = await open()
  const id = first.opens()[0]?.session?.id ?? ''
  for (const key of [{ id, token: Buffer.alloc(16, 9) }, { id: '12'.repeat(16), token: Buffer.alloc(16, 9) }]) {
    const stranger = await open({ session: key, bytesReceived: 0, carrierNumber: 2 })
    t.deepEqual(stranger.opens().map(({ session }) => session), [undefined])
    t.true(isEnded(stranger))
  }
  t.false(isEnded(first))
  t.is(registry.size, 1)
  t.deepEqual(closings, [])
})

test('an open that was overtaken, or is replayed, counts for nothing', async t => {
  const { open, closings } = startRegistry(t)
  const first = await open()
  const session = first.opens()[0]?.session
  const third = await open({ session, bytesReceived: 0, carrierNumber: 3 })
  for (const carrierNumber of [1, 2, 3]) {
    const late = await open({ session, bytesReceived: 0, carrierNumber })
    t.deepEqual(late.opens(), [])
    t.true(isEnded(late))
  }
  t.false(isEnded(third))
  t.deepEqual(closings, [])
})

test('a count of more than was sent ends the session', async t => {
  const { registry, open, closings } = startRegistry(t)
  const session = (await open()).opens()[0]?.session
  await open({ session, bytesReceived: 1, carrierNumber: 2 })
  t.like(closings, [{ code: 'WAYLAY_TUNNEL_PROTOCOL' }])
  t.is(registry.size, 0)
})

test('a count of less than was acknowledged ends the session', async t => {
  const { registry, open, closings } = startRegistry(t)
  const first = await open()
  first.carrier.write(encodeCarrierNaively(CARRIER_TYPE.data, encodeNaively({ flags: 1, streamId: 1 })))
  await settle()
  first.carrier.write(encodeAck(12))
  await settle()
  await open({ session: first.opens()[0]?.session, bytesReceived: 0, carrierNumber: 2 })
  t.like(closings, [{ code: 'WAYLAY_TUNNEL_PROTOCOL' }])
  t.is(registry.size, 0)
})

test('sessions that nobody vouches for are few, and the oldest goes first', async t => {
  const { registry, open, vouches, closings } = startRegistry(t, { bounds: { strangers: 3 } })
  const trusted = await open()
  vouches[0]?.(true)
  const strangers = [await open(), await open(), await open(), await open()]
  t.is(registry.size, 4)
  t.deepEqual([trusted, ...strangers].map(isEnded), [false, true, false, false, false])
  t.deepEqual(closings, [undefined])
})

test('where all are vouched for a newcomer past the bound is turned away', async t => {
  const { registry, open, vouches } = startRegistry(t, { bounds: { sessions: 2 } })
  const two = [await open(), await open()]
  for (const vouch of vouches) vouch(true)
  t.true(isEnded(await open()))
  t.deepEqual(two.map(isEnded), [false, false])
  t.is(registry.size, 2)
})

test('a session that nobody vouches for ends after a minute', async t => {
  const { registry, open, clock, vouches } = startRegistry(t)
  const [stranger, trusted] = [await open(), await open()]
  vouches[1]?.(true)
  for (let second = 0; second < 62; second++) {
    for (const { carrier } of [stranger, trusted]) {
      if (carrier.writable) carrier.write(encodeCarrierNaively(CARRIER_TYPE.ping, Buffer.alloc(4)))
    }
    clock.advance(1000)
    await settle()
  }
  t.deepEqual([stranger, trusted].map(isEnded), [true, false])
  t.is(registry.size, 1)
})

test('carriers that say nothing are bounded in number and in life', async t => {
  const { connect, clock } = startRegistry(t, { bounds: { looseCarriers: 10 } })
  const silent = Array.from({ length: 15 }, connect)
  await settle()
  t.deepEqual(silent.map(isEnded), [...Array<boolean>(5).fill(true), ...Array<boolean>(10).fill(false)])
  clock.advance(11_000)
  await settle()
  t.true(silent.every(isEnded))
})

test('a peer that opens sessions all the time does not pile up what it left', async t => {
  const { open, registry } = startRegistry(t, { bounds: { strangers: 3, looseCarriers: 4 } })
  const all = []
  for (let index = 0; index < 30; index++) all.push(await open())
  t.is(registry.size, 3)
  t.true(all.filter(({ theirs }) => !theirs.destroyed).length <= 7)
})

test('a peer that changes carriers all the time does not pile them up', async t => {
  const { registry, open, closings } = startRegistry(t, { bounds: { looseCarriers: 4 } })
  const first = await open()
  const session = first.opens()[0]?.session
  const left = [first]
  for (let carrierNumber = 2; carrierNumber < 20; carrierNumber++) {
    left.push(await open({ session, bytesReceived: 0, carrierNumber }))
  }
  t.true(left.slice(0, -1).every(isEnded))
  t.true(left.filter(({ theirs }) => !theirs.destroyed).length <= 5)
  t.is(registry.size, 1)
  t.deepEqual(closings, [])
})
