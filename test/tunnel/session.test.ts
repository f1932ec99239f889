import { once } from 'node:events'
import { duplexPair } from 'node:stream'
import test from 'ava'
import { CARRIER_TYPE, encodeAck, encodeOpen } from '../../tunnel/carrier-frame.ts'
import { FLAG, FRAME_TYPE } from '../../tunnel/frame.ts'
import { createManualClock } from './helpers/manual-clock.ts'
import { encodeNaively } from './helpers/naive-codec.ts'
import { openRawCarrier, OPEN, OPEN_NONE } from './helpers/raw-carrier.ts'
import { echo, openEnd, openSessionPair, readAll, settle } from './helpers/session-pair.ts'

test('both sides know the session by the proxy\'s id', async t => {
  const { cli, proxy } = openSessionPair(t)
  t.is(cli.session.id, '')
  await Promise.all([cli.session.ready, proxy.ready])
  t.regex(cli.session.id, /^[0-9a-f]{32}$/)
  t.is(cli.session.id, proxy.session.id)
  t.is(typeof cli.session.roundTripMs, 'number')
})

test('the CLI\'s side is ready after the first pong, not before', async t => {
  const { session, sendOpen, sendFrame, carrierFrames } = openRawCarrier(t, 'cli')
  let isReady = false
  void session.ready.then(() => { isReady = true })
  sendOpen(OPEN)
  await settle()
  t.false(isReady)
  t.deepEqual(carrierFrames().map(frame => frame.type), [CARRIER_TYPE.open, CARRIER_TYPE.ping])
  sendFrame(CARRIER_TYPE.pong, carrierFrames()[1]?.payload ?? Buffer.alloc(0))
  await session.ready
  t.is(session.id, OPEN.session?.id ?? 'none')
})

test('the proxy\'s side answers open with id and token, ping with pong', async t => {
  const raw = openRawCarrier(t, 'proxy')
  raw.sendOpen(OPEN_NONE)
  raw.sendFrame(CARRIER_TYPE.ping, Buffer.from('any'))
  await raw.ready
  await settle()
  const [open, , pong] = raw.carrierFrames()
  t.is(raw.session.id, open?.payload.toString('hex', 1, 17) ?? 'none')
  t.not(open?.payload.toString('hex', 17, 33), '0'.repeat(32))
  t.deepEqual(pong, { type: CARRIER_TYPE.pong, payload: Buffer.from('any') })
})

test('streams that open before the session is ready lose nothing', async t => {
  const { cli } = openSessionPair(t, { proxy: { onStream: echo } })
  const stream = cli.session.openStream()
  stream.end('early')
  t.is((await readAll(stream)).toString(), 'early')
})

test('no stream is accepted once the session was destroyed', async t => {
  const raw = openRawCarrier(t, 'proxy', { onStream: () => { raw.session.destroy() } })
  raw.sendOpen(OPEN_NONE)
  const both = [1, 3].map(streamId => encodeNaively({ flags: FLAG.SYN, streamId }))
  raw.sendFrame(CARRIER_TYPE.data, Buffer.concat(both))
  await raw.closed
  await settle()
  t.is(raw.streams.length, 1)
})

test('close gives up after ten seconds on a peer that reads nothing', async t => {
  const clock = createManualClock()
  const [carrier, peer] = duplexPair()
  const { session, closed } = openEnd(t, carrier, 'cli', { clock })
  peer.write(encodeOpen(OPEN))
  session.openStream().write(Buffer.alloc(100_000))
  await settle()
  const closing = session.close()
  await settle()
  t.false(carrier.destroyed)
  clock.jump(10_000)
  await closing
  t.is(await closed, undefined)
})

test('close ends both sides normally and cuts open streams', async t => {
  const { cli, proxy } = openSessionPair(t)
  await cli.session.ready
  const stream = cli.session.openStream()
  stream.write('unread')
  await cli.session.close()

  t.is(await proxy.closed, undefined)
  t.is(await cli.closed, undefined)
  t.is(stream.errored?.name, 'StreamError')
  t.is(proxy.streams[0]?.errored?.name, 'StreamError')
  t.deepEqual([cli.closings.length, proxy.closings.length], [1, 1])
})

test('the last message before close reaches the other side', async t => {
  const chunks: Buffer[] = []
  const { cli, proxy } = openSessionPair(t, {
    proxy: { onStream: stream => { stream.on('data', (chunk: Buffer) => chunks.push(chunk)) } }
  })
  await cli.session.ready
  const stream = cli.session.openStream()
  stream.write('one')
  stream.write('two')
  await cli.session.close()
  await proxy.closed
  t.is(Buffer.concat(chunks).toString(), 'onetwo')
})

test('after the peer\'s GoAway no stream opens, and open ones go on', async t => {
  const raw = openRawCarrier(t, 'cli')
  const stream = raw.session.openStream()
  raw.sendOpen(OPEN)
  raw.sendYamux({ type: FRAME_TYPE.goAway, length: 0 })
  raw.sendYamux({ streamId: 1, payload: Buffer.from('still') })
  const [bytes] = await once(stream, 'data') as [Buffer]
  t.is(bytes.toString(), 'still')
  t.throws(() => raw.session.openStream(), { code: 'WAYLAY_TUNNEL_FAILED' })
})

test('the peer\'s GoAway for an error ends the session with its reason', async t => {
  const raw = openRawCarrier(t, 'cli')
  raw.sendOpen(OPEN)
  raw.sendYamux({ type: FRAME_TYPE.goAway, length: 1 })
  const error = await raw.closed
  t.like(error, { code: 'WAYLAY_TUNNEL_PROTOCOL' })
  t.regex(error?.message ?? '', /protocol error/)
})

test('a violation ends the session with GoAway, typed error and FIN', async t => {
  const raw = openRawCarrier(t, 'proxy')
  raw.sendOpen(OPEN_NONE)
  raw.sendYamux({ flags: FLAG.SYN, streamId: 1 })
  await settle()
  raw.sendYamux({ flags: FLAG.SYN, streamId: 1 })
  const error = await raw.closed
  await raw.ended

  t.like(error, { code: 'WAYLAY_TUNNEL_PROTOCOL', message: 'Second SYN on open stream 1' })
  t.like(raw.yamuxFrames().at(-1), { type: FRAME_TYPE.goAway, length: 1 })
  t.like(raw.streams[0]?.errored, { code: 'ECONNABORTED', cause: error })
  t.is(raw.session.streamCount, 0)
  t.throws(() => raw.session.openStream(), { code: 'WAYLAY_TUNNEL_FAILED' })
})

const opensNothing = test.macro(async (t, bytes: Buffer) => {
  const raw = openRawCarrier(t, 'proxy')
  raw.peer.write(bytes)
  await raw.ended
  t.throws(() => raw.session)
  t.deepEqual(raw.carrierFrames(), [])
})

test('bytes that are no carrier frame open no session', opensNothing, Buffer.from('GET / HTTP/1.1\r\n\r\n'))
test('data before the open frame opens no session', opensNothing, Buffer.from([1, 0, 0, 1, 0]))
test('an ack before the open frame opens no session', opensNothing, Buffer.from([2, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0]))

const breaksSession = test.macro(async (t, frame: Buffer, message: RegExp) => {
  const raw = openRawCarrier(t, 'proxy')
  raw.sendOpen(OPEN_NONE)
  raw.peer.write(frame)
  const error = await raw.closed
  await raw.ended
  t.like(error, { code: 'WAYLAY_TUNNEL_PROTOCOL' })
  t.regex(error?.message ?? '', message)
  t.like(raw.yamuxFrames().at(-1), { type: FRAME_TYPE.goAway, length: 1 })
})

test('a second open frame ends the session', breaksSession, encodeOpen(OPEN_NONE), /Second open/)
test('an ack of more than was sent ends the session', breaksSession, encodeAck(1), /1 bytes received, of 0/)

test('a failure in our own callback is ours, and the peer hears so', async t => {
  const raw = openRawCarrier(t, 'proxy', { onStream: () => { throw new TypeError('bug') } })
  raw.sendOpen(OPEN_NONE)
  raw.sendYamux({ flags: FLAG.SYN, streamId: 1 })
  t.like(await raw.closed, { code: 'WAYLAY_INTERNAL' })
  await raw.ended
  t.like(raw.yamuxFrames().at(-1), { type: FRAME_TYPE.goAway, length: 2 })
})

const losesCarrier = test.macro(async (t, lose: 'end' | 'destroy' | 'error') => {
  const clock = createManualClock()
  const { cli, proxy } = openSessionPair(t, { cli: { clock }, proxy: { clock } })
  await Promise.all([cli.session.ready, proxy.ready])
  const stream = cli.session.openStream()
  stream.write('x')
  if (lose === 'end') cli.carrier.end()
  else cli.carrier.destroy(lose === 'error' ? new Error('cable cut') : undefined)
  await settle()
  t.deepEqual([cli.states, proxy.states], [['lost'], ['lost']])
  clock.advance(16_000)
  const error = await cli.closed

  t.like(error, { code: 'WAYLAY_TUNNEL_FAILED' })
  t.like(stream.errored, { code: 'ECONNABORTED', cause: error })
  t.like(await proxy.closed, { code: 'WAYLAY_TUNNEL_FAILED' })
  t.deepEqual([cli.closings.length, proxy.closings.length], [1, 1])
  if (lose === 'error') t.regex(error?.message ?? '', /cable cut/)
})

test('a carrier that ends unasked ends both sessions once', losesCarrier, 'end')
test('a carrier that closes ends both sessions once', losesCarrier, 'destroy')
test('a carrier that fails ends both sessions with the cause', losesCarrier, 'error')

test('destroy ends all streams at once and tells the owner once', async t => {
  const { cli } = openSessionPair(t)
  const streams = [cli.session.openStream(), cli.session.openStream()]
  cli.session.destroy()
  cli.session.destroy()
  t.is(await cli.closed, undefined)
  await settle()
  t.true(streams.every(stream => stream.destroyed))
  t.is(cli.closings.length, 1)
  await t.notThrowsAsync(cli.session.close())
})
