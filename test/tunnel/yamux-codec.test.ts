import test from 'ava'
import { FrameDecoder } from '../../tunnel/decode.ts'
import { BatchWriter } from '../../tunnel/encode.ts'
import { ProtocolViolation } from '../../tunnel/errors.ts'
import type { FrameType } from '../../tunnel/frame.ts'
import { decodeNaively, encodeNaively, type NaiveFrame } from './helpers/naive-codec.ts'
import { createRandom, splitBytewise, splitRandomly, type Random } from './helpers/random.ts'

/** The decoder's events put together again to whole frames, in the twin's shape. */
function decode (pieces: readonly Buffer[]): NaiveFrame[] {
  const frames: NaiveFrame[] = []
  let header: Omit<NaiveFrame, 'payload' | 'version'> | undefined
  let payload: Buffer[] = []
  const decoder = new FrameDecoder({
    onHeader: next => { header = next },
    onPayload: bytes => { payload.push(bytes) },
    onEnd: () => {
      if (header !== undefined) frames.push({ version: 0, ...header, payload: Buffer.concat(payload) })
      payload = []
    }
  })
  for (const piece of pieces) decoder.push(piece)
  return frames
}

function randomFrame (random: Random): NaiveFrame {
  const type = random.integer(4)
  const payload = type === 0 ? random.bytes(random.integer(4) === 0 ? 0 : random.integer(2000)) : Buffer.alloc(0)
  return {
    version: 0,
    type,
    flags: random.integer(16),
    streamId: random.integer(2 ** 32),
    length: type === 0 ? payload.length : random.integer(2 ** 32),
    payload
  }
}

function encode (writer: BatchWriter, frames: readonly NaiveFrame[]): Buffer {
  writer.begin(0)
  for (const frame of frames) {
    writer.writeHeader(frame.type as FrameType, frame.flags, frame.streamId, frame.length)
    writer.writePayload(frame.payload, 0, frame.payload.length)
  }
  return Buffer.concat(writer.take().parts)
}

test('frames encode to the same bytes as the obvious twin writes', t => {
  const writer = new BatchWriter()
  for (let seed = 1; seed <= 200; seed++) {
    const random = createRandom(seed)
    const frames = Array.from({ length: 1 + random.integer(200) }, () => randomFrame(random))
    t.true(encode(writer, frames).equals(Buffer.concat(frames.map(encodeNaively))), `seed ${seed}`)
  }
})

test('frames that come whole, bytewise or randomly cut decode as the twin', t => {
  for (let seed = 1; seed <= 100; seed++) {
    const random = createRandom(seed)
    const bytes = Buffer.concat(Array.from({ length: 20 }, () => encodeNaively(randomFrame(random))))
    const expected = decodeNaively(bytes)
    t.deepEqual(decode([bytes]), expected, `seed ${seed}, whole`)
    t.deepEqual(decode(splitBytewise(bytes)), expected, `seed ${seed}, bytewise`)
    t.deepEqual(decode(splitRandomly(bytes, 50, random)), expected, `seed ${seed}, random`)
  }
})

test('a batch keeps its headroom free and counts only frames', t => {
  const writer = new BatchWriter()
  const frame = encodeNaively({ streamId: 1, payload: Buffer.alloc(20, 9) })
  for (let round = 0; round < 5000; round++) {
    writer.begin(4)
    writer.writeHeader(0, 0, 1, 20)
    writer.writePayload(Buffer.alloc(20, 9), 0, 20)
    const { parts, byteLength } = writer.take()
    const bytes = Buffer.concat(parts)
    if (byteLength !== 32 || (parts[0]?.length ?? 0) < 4 || !bytes.subarray(4).equals(frame)) t.fail(`round ${round}`)
  }
  t.pass()
})

test('a batch that was begun and not taken leaves no byte behind', t => {
  const writer = new BatchWriter()
  writer.begin(4)
  writer.begin(4)
  writer.writeHeader(2, 1, 0, 7)
  t.is(Buffer.concat(writer.take().parts).length, 16)
})

test('payload is copied, so its owner may change it afterwards', t => {
  const writer = new BatchWriter()
  const payload = Buffer.from('before')
  writer.begin(0)
  writer.writePayload(payload, 0, payload.length)
  payload.write('change')
  t.is(Buffer.concat(writer.take().parts).toString(), 'before')
})

test('another yamux version is refused by its number', t => {
  t.throws(() => decode([encodeNaively({ version: 1 })]), { instanceOf: ProtocolViolation, message: /version 1/ })
})

test('an unknown frame type is refused by its number', t => {
  t.throws(() => decode([encodeNaively({ type: 4 })]), { instanceOf: ProtocolViolation, message: /type 4/ })
})
