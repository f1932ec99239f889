import test from 'ava'
import { createRandom } from '../fuzz/random.ts'
import { HeaderList } from '../../http2/header-list.ts'
import { HpackDecoder } from '../../http2/hpack-decoder.ts'
import { encodeHeaders } from '../../http2/hpack-encoder.ts'
import { decodeHuffman, encodeHuffman } from '../../http2/huffman.ts'
import { carriesName, writtenName } from '../../http2/written-name.ts'

const NAME = writtenName('x-waylay-id')

function encode (...fields: readonly (readonly [name: string, value: string])[]): Buffer {
  const list = new HeaderList()
  for (const [name, value] of fields) list.add(name, value, false)
  return Buffer.from(encodeHeaders(list, undefined))
}

/** A literal with its name in the code. @param first its first byte: whether it goes into a table. */
function huffman (first: number, name: string, value: string): Buffer {
  const texts = [name, value].map(text => encodeHuffman(text))
  return Buffer.concat([Buffer.of(first), ...texts.flatMap(text => [lengthOf(text), text])])
}

// RFC 7541, 5.1, for less than 127 + 128 bytes.
function lengthOf ({ length }: Buffer): Buffer {
  return length < 127 ? Buffer.of(0x80 | length) : Buffer.of(0xff, length - 127)
}

const OTHERS = encode([':method', 'GET'], ['x-waylay-ie', 'x'], ['via', 'x-waylay-id'], ['x-long', 'y'.repeat(20_000)])

const BLOCKS: Readonly<Record<string, readonly [block: Buffer, carries: boolean]>> = {
  nothing: [Buffer.alloc(0), false],
  'other fields': [OTHERS, false],
  'the field in plain': [Buffer.concat([OTHERS, encode(['x-waylay-id', 'm'])]), true],
  'the field in plain before others': [Buffer.concat([encode(['x-waylay-id', 'm']), OTHERS]), true],
  'the field in the code': [Buffer.concat([OTHERS, huffman(0x40, 'x-waylay-id', 'm')]), true],
  'the field, never to be indexed': [huffman(0x10, 'x-waylay-id', 'm'), true],
  'others in the code': [Buffer.concat([huffman(0, 'x-waylay-ie', 'm'), huffman(0x40, 'grpc-timeout', 'x-waylay-id')]), false],
  'the field behind a size update and indexes': [Buffer.concat([Buffer.of(0x3f, 0xe1, 0x1f, 0x82, 0x0f, 0x0e, 1, 97), encode(['x-waylay-id', 'm'])]), true],
  'a name that is cut off': [encode(['x-waylay-id', 'm']).subarray(0, 8), false],
  'a length that is cut off': [Buffer.of(0, 0xff, 0xff), false],
  'a length beyond all': [Buffer.of(0, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f, 97), false]
}
for (const [name, [block, carries]] of Object.entries(BLOCKS)) {
  test(`a block with ${name} ${carries ? 'carries' : 'does not carry'} the name, wherever it lies`, t => {
    t.is(carriesName(block, 0, block.length, NAME), carries)
    const around = encode(['x-waylay-id', 'm'])
    const among = Buffer.concat([around, block, around])
    t.is(carriesName(among, around.length, around.length + block.length, NAME), carries)
  })
}

test('what is encoded is decoded to the same', t => {
  for (const text of ['x-waylay-id', '', 'a', Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)).toString('latin1')]) {
    const coded = encodeHuffman(text)
    const out = Buffer.alloc(text.length * 5 + 8)

    t.is(out.toString('latin1', 0, decodeHuffman(coded, 0, coded.length, out)), text)
  }
  t.is(encodeHuffman('www.example.com').toString('hex'), 'f1e3c2e5f23a6ba0ab90f4ff', 'RFC 7541, C.4.1')
})

test('of any block that can be read it says what the decoder says, whole or damaged', t => {
  const names = ['x-waylay-id', 'x-waylay-ie', 'grpc-timeout', 'a', 'via', 'y'.repeat(130)]
  const answers = { true: 0, false: 0 }
  for (let number = 0; number < 2000; number++) {
    const random = createRandom(7, number)
    const fields = Array.from({ length: random.below(6) }, () => {
      const [name, value] = [random.pick(names), 'x-waylay-id'.repeat(random.below(20))]
      return random.chance(0.5) ? encode([name, value]) : huffman(random.pick([0, 0x10, 0x40]), name, value)
    })
    const block = Buffer.concat([Buffer.of(0x20), ...fields])
    if (random.chance(0.5)) block[1 + random.below(block.length)] = random.below(256)
    const list = new HeaderList()
    if (new HpackDecoder().decode(block, 0, block.length, list) !== 'ok') continue
    const isThere = list.names.slice(0, list.length).includes('x-waylay-id')
    if (carriesName(block, 0, block.length, NAME) !== isThere) return t.fail(block.toString('hex'))
    answers[`${isThere}`]++
  }
  t.log(answers)
  t.true(answers.true > 100 && answers.false > 100)
})
