import test from 'ava'
import { CarrierDecoder } from '../../tunnel/carrier-decode.ts'
import { CARRIER_TYPE, encodeAck, encodeCarrierFrame, encodeOpen, type OpenFrame } from '../../tunnel/carrier-frame.ts'
import { ProtocolViolation } from '../../tunnel/errors.ts'
import { decodeCarrierNaively, encodeCarrierNaively } from './helpers/naive-codec.ts'
import { createRandom, splitBytewise, splitRandomly } from './helpers/random.ts'

type Seen = { readonly type: string, readonly value: unknown }

/** Decodes the pieces; pieces of one data frame are joined, since where they are cut is the carrier's business. */
function decode (pieces: readonly Buffer[]): Seen[] {
  const seen: Seen[] = []
  const decoder = new CarrierDecoder({
    onOpen: value => { seen.push({ type: 'open', value }) },
    onData: bytes => {
      const last = seen.at(-1)
      if (last?.type === 'data') seen[seen.length - 1] = { type: 'data', value: (last.value as string) + bytes.toString('hex') }
      else seen.push({ type: 'data', value: bytes.toString('hex') })
    },
    onAck: value => { seen.push({ type: 'ack', value }) },
    onPing: payload => { seen.push({ type: 'ping', value: payload.toString('hex') }) },
    onPong: payload => { seen.push({ type: 'pong', value: payload.toString('hex') }) }
  })
  for (const piece of pieces) decoder.push(piece)
  return seen
}

const open: OpenFrame = {
  session: { id: '00112233445566778899aabbccddeeff', token: Buffer.alloc(16, 7) },
  bytesReceived: 2 ** 40 + 5,
  carrierNumber: 3
}

const everyType = Buffer.concat([
  encodeOpen(open),
  encodeOpen({ session: undefined, bytesReceived: 0, carrierNumber: 1 }),
  encodeCarrierFrame(CARRIER_TYPE.data, Buffer.from('yamux')),
  encodeAck(2 ** 33 + 1),
  encodeCarrierFrame(CARRIER_TYPE.ping, Buffer.from([1, 2])),
  encodeCarrierFrame(CARRIER_TYPE.data, Buffer.alloc(0)),
  encodeCarrierFrame(CARRIER_TYPE.pong, Buffer.alloc(0))
])

const everyTypeSeen: Seen[] = [
  { type: 'open', value: open },
  { type: 'open', value: { session: undefined, bytesReceived: 0, carrierNumber: 1 } },
  { type: 'data', value: Buffer.from('yamux').toString('hex') },
  { type: 'ack', value: 2 ** 33 + 1 },
  { type: 'ping', value: '0102' },
  { type: 'pong', value: '' }
]

test('every type of carrier frame survives the round trip', t => {
  t.deepEqual(decode([everyType]), everyTypeSeen)
})

test('carrier frames that come one byte at a time are the same', t => {
  t.deepEqual(decode(splitBytewise(everyType)), everyTypeSeen)
})

test('the carrier encoder writes the same bytes as its obvious twin', t => {
  const random = createRandom(1)
  for (let round = 0; round < 200; round++) {
    const payload = random.bytes(random.integer(300))
    for (const type of Object.values(CARRIER_TYPE)) {
      t.deepEqual(encodeCarrierFrame(type, payload), encodeCarrierNaively(type, payload))
    }
  }
})

test('randomly cut carrier bytes decode as the obvious twin decodes them', t => {
  for (let seed = 1; seed <= 200; seed++) {
    const random = createRandom(seed)
    const frames = Array.from({ length: 20 }, () => {
      const type = 3 + random.integer(2)
      return encodeCarrierNaively(random.integer(2) === 0 ? 1 : type, random.bytes(1 + random.integer(60)))
    })
    const bytes = Buffer.concat(frames)
    const twin = joinData(decodeCarrierNaively(bytes).frames.map(({ type, payload }) => (
      { type: type === 1 ? 'data' : type === 3 ? 'ping' : 'pong', value: payload.toString('hex') })))
    t.deepEqual(decode(splitRandomly(bytes, 1 + random.integer(100), random)), twin, `seed ${seed}`)
  }
})

function joinData (seen: readonly Seen[]): Seen[] {
  const joined: Seen[] = []
  for (const item of seen) {
    const last = joined.at(-1)
    if (item.type === 'data' && last?.type === 'data') {
      joined[joined.length - 1] = { type: 'data', value: `${String(last.value)}${String(item.value)}` }
    } else joined.push(item)
  }
  return joined
}

test('data of a carrier frame is a view of what arrived, not a copy', t => {
  const bytes = encodeCarrierFrame(CARRIER_TYPE.data, Buffer.alloc(10_000, 1))
  const decoder = new CarrierDecoder({
    onOpen: () => {},
    onData: piece => { t.is(piece.buffer, bytes.buffer) },
    onAck: () => {},
    onPing: () => {},
    onPong: () => {}
  })
  t.plan(2)
  decoder.push(bytes.subarray(0, 5000))
  decoder.push(bytes.subarray(5000))
})

const refuses = test.macro((t, bytes: Buffer, message: RegExp) => {
  t.throws(() => decode([bytes]), { instanceOf: ProtocolViolation, message })
  t.throws(() => decode(splitBytewise(bytes)), { instanceOf: ProtocolViolation, message })
})

test('a carrier frame of an unknown type is refused by number', refuses, Buffer.from([5, 0, 0, 0]), /type 5/)
test('a data frame over 256 KiB is refused at its header', refuses, Buffer.from([1, 4, 0, 1]), /262145 bytes/)
test('a ping of 257 bytes is refused at its header', refuses, Buffer.from([3, 0, 1, 1]), /257 bytes/)
test('an open frame of another version is refused by number', refuses,
  encodeCarrierNaively(0, Buffer.alloc(41, 2)), /version 2/)
test('an open frame that is too short is refused', refuses,
  encodeCarrierNaively(0, Buffer.from([1, 0])), /2 bytes/)
test('an ack frame of seven bytes is refused by its length', refuses,
  encodeCarrierNaively(2, Buffer.alloc(7)), /7 bytes/)
test('an ack of more than 2^53 bytes is refused', refuses,
  encodeCarrierNaively(2, Buffer.alloc(8, 255)), /2\^53/)
