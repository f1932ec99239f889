import test from 'ava'
import type { Channel } from '../../tunnel/channel.ts'
import { MAX_FRAME_PAYLOAD_BYTES } from '../../tunnel/constants.ts'
import { BatchWriter } from '../../tunnel/encode.ts'
import { GO_AWAY, ProtocolViolation, StreamError } from '../../tunnel/errors.ts'
import { Muxer, type MuxerOptions } from '../../tunnel/muxer.ts'
import { decodeNaively, encodeNaively, type NaiveFrame } from './helpers/naive-codec.ts'

const [DATA, WINDOW_UPDATE, PING, GO_AWAY_TYPE] = [0, 1, 2, 3]
const [SYN, ACK, FIN, RST] = [1, 2, 4, 8]
const WINDOW_BYTES = 262_144

type Owner = { readonly channel: Channel, readonly received: Buffer[], ended: boolean, error?: StreamError }

/** A muxer with nothing around it: the test is its peer, frame by frame. */
function startMuxer (options: Partial<MuxerOptions> = {}) {
  const writer = new BatchWriter()
  const owners: Owner[] = []
  const goAways: number[] = []
  const own = (channel: Channel): Owner => {
    const owner: Owner = { channel, received: [], ended: false }
    channel.attach({
      onData: bytes => { owner.received.push(Buffer.from(bytes)) },
      onEnd: () => { owner.ended = true },
      onReset: error => { owner.error = error },
      onFirstTurn: () => {}
    })
    owners.push(owner)
    return owner
  }
  const muxer = new Muxer({
    role: 'server', onChannel: own, onPending: () => {}, onGoAway: code => { goAways.push(code) }, ...options
  })
  const pull = (maxBytes = 256 * 1024): NaiveFrame[] => {
    writer.begin(0)
    muxer.pull(writer, maxBytes)
    return decodeNaively(Buffer.concat(writer.take().parts))
  }
  const push = (frame: Partial<NaiveFrame>): void => { muxer.push(encodeNaively(frame)) }
  return { muxer, owners, goAways, own, pull, push, open: () => own(muxer.open()) }
}

const brief = (frames: readonly NaiveFrame[]) => frames.map(({ type, flags, streamId, length }) => (
  [type, flags, streamId, length]))

test('a stream opens with SYN on its first data frame', t => {
  const { open, pull } = startMuxer({ role: 'client' })
  open().channel.write([Buffer.from('hello')], () => {})
  t.deepEqual(brief(pull()), [[DATA, SYN, 1, 5]])
  t.deepEqual(pull(), [])
})

test('a stream that writes nothing opens with a window update', t => {
  const { open, pull } = startMuxer({ role: 'server' })
  open()
  open()
  t.deepEqual(brief(pull()), [[WINDOW_UPDATE, SYN, 2, 0], [WINDOW_UPDATE, SYN, 4, 0]])
})

test('a stream of the peer is accepted with ACK, once', t => {
  const { push, pull, owners } = startMuxer()
  push({ type: DATA, flags: SYN, streamId: 1, payload: Buffer.from('hi') })
  t.deepEqual(brief(pull()), [[WINDOW_UPDATE, ACK, 1, 0]])
  owners[0]?.channel.write([Buffer.from('answer')], () => {})
  t.deepEqual(brief(pull()), [[DATA, 0, 1, 6]])
  t.is(Buffer.concat(owners[0]?.received ?? []).toString(), 'hi')
})

test('streams take turns of 16 KiB, and control goes before all', t => {
  const { open, pull, push } = startMuxer({ role: 'client' })
  const [first, second] = [open(), open()]
  first.channel.write([Buffer.alloc(40_000)], () => {})
  second.channel.write([Buffer.alloc(20_000)], () => {})
  push({ type: PING, flags: SYN, length: 77 })
  const full = MAX_FRAME_PAYLOAD_BYTES
  t.deepEqual(brief(pull()), [
    [PING, ACK, 0, 77],
    [DATA, SYN, 1, full], [DATA, SYN, 3, full],
    [DATA, 0, 1, full], [DATA, 0, 3, 20_000 - full],
    [DATA, 0, 1, 40_000 - 2 * full]
  ])
})

test('no batch is larger than asked for, and the next goes on', t => {
  const { open, pull } = startMuxer({ role: 'client' })
  open().channel.write([Buffer.alloc(200_000, 1)], () => {})
  const sizes: number[] = []
  for (let frames = pull(64_000); frames.length > 0; frames = pull(64_000)) {
    sizes.push(frames.reduce((sum, frame) => sum + 12 + frame.payload.length, 0))
  }
  t.true(sizes.every(size => size <= 64_000), String(sizes))
  t.true(sizes.slice(0, -1).every(size => size > 40_000), String(sizes))
})

test('many small writes of one stream share one frame', t => {
  const { open, pull } = startMuxer({ role: 'client' })
  let isWritten = false
  open().channel.write(Array.from({ length: 100 }, () => Buffer.alloc(10)), () => { isWritten = true })
  t.deepEqual(brief(pull()), [[DATA, SYN, 1, 1000]])
  t.true(isWritten)
})

test('a writer stops at the window and goes on with an update', t => {
  const { open, pull, push } = startMuxer({ role: 'client' })
  let isWritten = false
  open().channel.write([Buffer.alloc(WINDOW_BYTES + 100)], () => { isWritten = true })
  const sent = [...pull(), ...pull(), ...pull()].reduce((sum, frame) => sum + frame.length, 0)
  t.is(sent, WINDOW_BYTES)
  t.false(isWritten)
  push({ type: WINDOW_UPDATE, streamId: 1, length: 60 })
  t.deepEqual(brief(pull()), [[DATA, 0, 1, 60]])
  push({ type: WINDOW_UPDATE, streamId: 1, length: 1000 })
  t.deepEqual(brief(pull()), [[DATA, 0, 1, 40]])
  t.true(isWritten)
})

test('bytes are credited only when the reader took half a window', t => {
  const { owners, pull, push } = startMuxer()
  push({ flags: SYN, streamId: 1, payload: Buffer.alloc(200_000) })
  pull()
  owners[0]?.channel.consumed(131_071)
  t.deepEqual(pull(), [])
  owners[0]?.channel.consumed(1)
  t.deepEqual(brief(pull()), [[WINDOW_UPDATE, 0, 1, 131_072]])
})

test('a larger window is granted as soon as the stream opens', t => {
  const { push, pull } = startMuxer({ windowBytes: 1024 * 1024 })
  push({ type: WINDOW_UPDATE, flags: SYN, streamId: 1 })
  t.deepEqual(brief(pull()).slice(0, 1), [[WINDOW_UPDATE, ACK, 1, 1024 * 1024 - WINDOW_BYTES]])
  t.throws(() => startMuxer({ windowBytes: 1000 }), { instanceOf: RangeError, message: /1000/ })
})

test('FIN goes after the data and closes one direction only', t => {
  const { open, pull, push, muxer } = startMuxer({ role: 'client' })
  const { channel, received } = open()
  channel.write([Buffer.from('all')], () => { channel.end(() => {}) })
  t.deepEqual(brief(pull()), [[DATA, SYN, 1, 3], [WINDOW_UPDATE, FIN, 1, 0]])
  push({ streamId: 1, payload: Buffer.from('still') })
  t.is(Buffer.concat(received).toString(), 'still')
  t.is(muxer.streamCount, 1)
  push({ flags: FIN, streamId: 1, payload: Buffer.from(' open') })
  t.is(Buffer.concat(received).toString(), 'still open')
  t.is(muxer.streamCount, 0)
})

test('a stream reset before its SYN went out is never seen', t => {
  const { open, pull, muxer } = startMuxer({ role: 'client' })
  open().channel.reset()
  t.deepEqual(pull(), [])
  t.is(muxer.streamCount, 0)
})

test('late frames of a stream that was reset are dropped', t => {
  const { push, pull, owners, muxer } = startMuxer()
  push({ flags: SYN, streamId: 1, payload: Buffer.from('a') })
  pull()
  owners[0]?.channel.reset()
  t.deepEqual(brief(pull()), [[WINDOW_UPDATE, RST, 1, 0]])
  push({ streamId: 1, payload: Buffer.from('late') })
  push({ type: WINDOW_UPDATE, streamId: 1, length: 5 })
  push({ flags: FIN, streamId: 1 })
  push({ type: WINDOW_UPDATE, flags: RST, streamId: 1 })
  t.is(Buffer.concat(owners[0]?.received ?? []).toString(), 'a')
  t.is(muxer.streamCount, 0)
})

test('the peer\'s reset gives its stream a typed error', t => {
  const { push, owners } = startMuxer()
  push({ flags: SYN, streamId: 1 })
  push({ type: DATA, flags: RST, streamId: 1, payload: Buffer.from('dropped') })
  t.true(owners[0]?.error instanceof StreamError)
  t.is(owners[0]?.error?.code, 'ECONNRESET')
  t.deepEqual(owners[0]?.received, [])
})

test('one stream over the limit is reset, the others go on', t => {
  const { push, pull, owners } = startMuxer({ maxStreams: 2 })
  for (const streamId of [1, 3, 5]) push({ flags: SYN, streamId, payload: Buffer.from('x') })
  t.deepEqual(brief(pull()), [[WINDOW_UPDATE, RST, 5, 0], [WINDOW_UPDATE, ACK, 1, 0], [WINDOW_UPDATE, ACK, 3, 0]])
  push({ streamId: 5, payload: Buffer.from('dropped') })
  owners[0]?.channel.reset()
  push({ flags: SYN, streamId: 7 })
  t.is(owners.length, 3)
})

test('a normal GoAway goes after the data and refuses new streams', t => {
  const { open, muxer, pull, push, owners } = startMuxer({ role: 'client' })
  open().channel.write([Buffer.alloc(20_000)], () => {})
  muxer.goAway(GO_AWAY.normal)
  t.deepEqual(brief(pull()).at(-1), [GO_AWAY_TYPE, 0, 0, GO_AWAY.normal])
  push({ flags: SYN, streamId: 2 })
  t.deepEqual(brief(pull()), [[WINDOW_UPDATE, RST, 2, 0]])
  t.is(owners.length, 1)
})

test('a GoAway for a protocol error is the only and last frame', t => {
  const { open, muxer, pull } = startMuxer({ role: 'client' })
  open().channel.write([Buffer.from('never sent')], () => {})
  muxer.goAway(GO_AWAY.protocolError)
  t.deepEqual(brief(pull()), [[GO_AWAY_TYPE, 0, 0, GO_AWAY.protocolError]])
  t.deepEqual(pull(), [])
})

test('the peer\'s GoAway is handed on with its code', t => {
  const { push, goAways } = startMuxer()
  push({ type: GO_AWAY_TYPE, length: 2 })
  t.deepEqual(goAways, [2])
})

const violates = test.macro((t, frames: ReadonlyArray<Partial<NaiveFrame>>, message: RegExp) => {
  const { push } = startMuxer()
  for (const frame of frames.slice(0, -1)) push(frame)
  t.throws(() => push(frames.at(-1) ?? {}), { instanceOf: ProtocolViolation, message })
})

const opened = { flags: SYN, streamId: 1 }
test('data over the window breaks the protocol at its header', violates,
  [opened, { streamId: 1, payload: Buffer.alloc(WINDOW_BYTES + 1) }], /262145 bytes, but the window is 262144/)
test('many frames over the window break the protocol too', violates,
  [opened, ...Array.from({ length: 17 }, () => ({ streamId: 1, payload: Buffer.alloc(16_384) }))], /window is 0/)
test('a window that passes 32 bits breaks the protocol', violates,
  [opened, { type: WINDOW_UPDATE, streamId: 1, length: 0xffff_ffff }], /window over/)
test('a second SYN on an open stream breaks the protocol', violates, [opened, opened], /Second SYN/)
test('a SYN with our own parity breaks the protocol', violates, [{ flags: SYN, streamId: 2 }], /id 2/)
test('a SYN on the session\'s id 0 breaks the protocol', violates, [{ flags: SYN, streamId: 0 }], /id 0/)
test('data for the session\'s id 0 breaks the protocol', violates, [{ streamId: 0 }], /stream 0/)
test('a frame of a stream never opened breaks the protocol', violates, [{ streamId: 9 }], /stream 9/)
test('a frame of an own stream never opened breaks the protocol', violates, [{ streamId: 2 }], /stream 2/)
test('data after FIN breaks the protocol', violates,
  [opened, { flags: FIN, streamId: 1 }, { streamId: 1, payload: Buffer.from('x') }], /Data after FIN/)
test('a second FIN breaks the protocol', violates,
  [opened, { flags: FIN, streamId: 1 }, { flags: FIN, streamId: 1 }], /Second FIN/)
test('a ping on a stream breaks the protocol', violates, [{ type: PING, flags: SYN, streamId: 3 }], /Ping/)
test('a GoAway on a stream breaks the protocol', violates, [{ type: GO_AWAY_TYPE, streamId: 3 }], /GoAway/)

test('a flood of pings that nobody may answer ends the session', t => {
  const { push } = startMuxer()
  t.throws(() => {
    for (let count = 0; count < 70_000; count++) push({ type: PING, flags: SYN, length: count })
  }, { instanceOf: ProtocolViolation, message: /answers wait/ })
})

test('stream ids end before they wrap, and say so', t => {
  const { muxer, push } = startMuxer({ role: 'server', firstId: 0xffff_fffa })
  t.is(muxer.open().id, 0xffff_fffa)
  t.is(muxer.open().id, 0xffff_fffc)
  t.true(muxer.areIdsExhausted)
  t.throws(() => muxer.open(), { instanceOf: RangeError })
  t.notThrows(() => push({ flags: SYN, streamId: 1 }))
})
