import { once } from 'node:events'
import { connect, sensitiveHeaders } from 'node:http2'
import { createServer, type AddressInfo } from 'node:net'
import test from 'ava'
import { FrameReader, PASS, WHOLE } from '../../http2/frame-reader.ts'
import { HEADERS } from '../../http2/frame.ts'
import { HeaderBlock } from '../../http2/header-block.ts'
import { HeaderList } from '../../http2/header-list.ts'
import { HpackDecoder, MAX_HEADER_LIST_BYTES } from '../../http2/hpack-decoder.ts'
import { encodeHeaders } from '../../http2/hpack-encoder.ts'
import { decodeHuffman } from '../../http2/huffman.ts'
import { PREFACE } from '../../http2/preface.ts'
import { SETTINGS_ACK, settings } from '../../http2/write-frames.ts'

const REQUESTS = [
  [[':method', 'GET'], [':scheme', 'http'], [':path', '/'], [':authority', 'www.example.com']],
  [[':method', 'GET'], [':scheme', 'http'], [':path', '/'], [':authority', 'www.example.com'], ['cache-control', 'no-cache']],
  [[':method', 'GET'], [':scheme', 'https'], [':path', '/index.html'], [':authority', 'www.example.com'], ['custom-key', 'custom-value']]
]
const RESPONSES = [
  [[':status', '302'], ['cache-control', 'private'], ['date', 'Mon, 21 Oct 2013 20:13:21 GMT'], ['location', 'https://www.example.com']],
  [[':status', '307'], ['cache-control', 'private'], ['date', 'Mon, 21 Oct 2013 20:13:21 GMT'], ['location', 'https://www.example.com']],
  [[':status', '200'], ['cache-control', 'private'], ['date', 'Mon, 21 Oct 2013 20:13:22 GMT'], ['location', 'https://www.example.com'],
    ['content-encoding', 'gzip'], ['set-cookie', 'foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1']]
]

// RFC 7541, appendix C. Those of responses have a table of 256 bytes, so an update to that is put before the first.
const VECTORS: readonly (readonly [title: string, blocks: readonly string[], expected: readonly string[][][]])[] = [
  ['C.3 requests without Huffman', [
    '8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d', '8286 84be 5808 6e6f 2d63 6163 6865',
    '8287 85bf 400a 6375 7374 6f6d 2d6b 6579 0c63 7573 746f 6d2d 7661 6c75 65'], REQUESTS],
  ['C.4 requests with Huffman', [
    '8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff', '8286 84be 5886 a8eb 1064 9cbf',
    '8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf'], REQUESTS],
  ['C.5 responses without Huffman', [
    '3fe101 4803 3330 3258 0770 7269 7661 7465 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3120 474d 546e 1768 7474 7073 3a2f 2f77 7777 2e65 7861 6d70 6c65 2e63 6f6d',
    '4803 3330 37c1 c0bf',
    '88c1 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3220 474d 54c0 5a04 677a 6970 7738 666f 6f3d 4153 444a 4b48 514b 425a 584f 5157 454f 5049 5541 5851 5745 4f49 553b 206d 6178 2d61 6765 3d33 3630 303b 2076 6572 7369 6f6e 3d31'], RESPONSES],
  ['C.6 responses with Huffman', [
    '3fe101 4882 6402 5885 aec3 771a 4b61 96d0 7abe 9410 54d4 44a8 2005 9504 0b81 66e0 82a6 2d1b ff6e 919d 29ad 1718 63c7 8f0b 97c8 e9ae 82ae 43d3',
    '4883 640e ffc1 c0bf',
    '88c1 6196 d07a be94 1054 d444 a820 0595 040b 8166 e084 a62d 1bff c05a 839b d9ab 77ad 94e7 821d d7f2 e6c7 b335 dfdf cd5b 3960 d5af 2708 7f36 72c1 ab27 0fb5 291f 9587 3160 65c0 03ed 4ee5 b106 3d50 07'], RESPONSES]
]

for (const [title, blocks, expected] of VECTORS) {
  test(`the vectors of RFC 7541, ${title}`, t => {
    const decoder = new HpackDecoder()
    const list = new HeaderList()
    blocks.forEach((block, index) => {
      const bytes = hex(block)
      t.is(decoder.decode(bytes, 0, bytes.length, list), 'ok')
      t.deepEqual(pairs(list), expected[index])
      t.false(decoder.wasSelfContained)
    })
  })
}

test('what is written again is self-contained and says the same, flags included', t => {
  const list = new HeaderList()
  for (const [name, value] of (RESPONSES[2] ?? []) as [string, string][]) list.add(name, value, false)
  list.add('x-utf8', Buffer.from('zoë\u{1f600}').toString('latin1'), false)
  list.add('x-empty', '', false)
  list.add('authorization', 'secret', true)
  list.add('x-long', 'a'.repeat(20_000), false)
  const block = Buffer.from(encodeHeaders(list, 0))
  t.is(block[0], 0x20)
  const read = new HeaderList()
  const decoder = new HpackDecoder()
  t.is(decoder.decode(block, 0, block.length, read), 'ok')
  t.true(decoder.wasSelfContained)
  t.true(decoder.tableIsOff)
  t.deepEqual(pairs(read), pairs(list))
  t.deepEqual(read.neverIndexed.slice(0, read.length), list.neverIndexed.slice(0, list.length))
})

for (const [title, block] of [
  ['index 0', '80'], ['an index beyond both tables', 'be'], ['a number without end', 'ffffffffffff'], ['half a number', 'ff'],
  ['a text longer than the block', '0005 6162'], ['a name without a value', '0001 61'],
  ['a table larger than was ever allowed', '3fe21f'], ['a size update behind a field', '8220'],
  ['Huffman padding of zeros', '0082 0000 00'], ['Huffman padding of a whole byte', '0082 1fff 00'],
  ['the code of EOS', '0084 ffff ffff 00']
] as const) {
  test(`malformed: ${title}`, t => {
    const bytes = hex(block)
    t.is(new HpackDecoder().decode(bytes, 0, bytes.length, new HeaderList()), 'malformed')
  })
}

test('a block that swells is read to its end, for the sake of the table, and kept only in part', t => {
  const decoder = new HpackDecoder()
  const list = new HeaderList()
  const bomb = Buffer.concat([hex('4001 61 7f e11d'), Buffer.alloc(3936, 98), Buffer.alloc(100, 0xbe), hex('4001 7a 01 79')])
  t.is(decoder.decode(bomb, 0, bomb.length, list), 'too-long')
  t.true(list.length * 3900 < MAX_HEADER_LIST_BYTES + 4096)
  const next = hex('be')
  t.is(decoder.decode(next, 0, next.length, list), 'ok')
  t.deepEqual(pairs(list), [['z', 'y']])
})

test('every byte of the Huffman code is told from every other', t => {
  // The code is canonical and complete, so a wrong length anywhere would shift codes of the vectors above; here each
  // byte's code is found by trying all codes of up to 30 bits that decode to it.
  const out = Buffer.alloc(16)
  const found = new Set<number>()
  for (let bits = 5; bits <= 30; bits++) {
    const tries = bits <= 15 ? 2 ** bits : 4096
    for (let index = 0; index < tries; index++) {
      const code = bits <= 15 ? index : 2 ** bits - 1 - index
      const padded = (BigInt(code) << BigInt(32 - bits)) | ((1n << BigInt(32 - bits)) - 1n)
      const bytes = Buffer.alloc(4)
      bytes.writeUInt32BE(Number(padded))
      const length = Math.ceil(bits / 8)
      if (decodeHuffman(bytes, 0, length, out) === 1) found.add(out[0] as number)
    }
  }
  t.is(found.size, 256)
})

test('the encoder of Node, before and after it was told to keep no table', async t => {
  const decoder = new HpackDecoder()
  const block = new HeaderBlock()
  const seen: { fields: string[][], selfContained: boolean, never: boolean[] }[] = []
  const list = new HeaderList()
  const reader = new FrameReader({
    onHead: type => type === HEADERS ? WHOLE : PASS,
    onFrame: (bytes, at, end) => {
      t.is(block.push(bytes, at, end), 'complete')
      t.is(decoder.decode(block.bytes, block.from, block.to, list), 'ok')
      const never = list.neverIndexed.slice(0, list.length)
      seen.push({ fields: pairs(list), selfContained: decoder.wasSelfContained, never })
      return PASS
    },
    onData: () => {},
    onPass: () => {}
  })
  const server = createServer(socket => {
    let before = PREFACE.length
    socket.on('error', () => {})
    socket.on('data', (bytes: Buffer) => {
      const skipped = Math.min(before, bytes.length)
      before -= skipped
      // One byte at a time.
      for (let at = skipped; at < bytes.length; at++) reader.push(bytes, at, at + 1)
      if (seen.length === 2) socket.write(Buffer.concat([settings([[1, 0]]), SETTINGS_ACK]))
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const client = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  client.on('error', () => {})
  t.teardown(() => {
    client.destroy()
    server.close()
  })
  // Its encoder takes the Huffman code where that is shorter, so a text of short codes carries all others.
  const bytes = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte).filter(byte => byte > 32 && byte !== 127))
  const everyByte = `${'a'.repeat(1500)}${bytes.toString('latin1')}`
  const fields = {
    ':path': '/shop', 'x-all': everyByte, 'x-token': 'secret', [sensitiveHeaders]: ['x-token']
  }
  client.request(fields).on('error', () => {})
  client.request(fields).on('error', () => {})
  await once(client, 'remoteSettings')
  for (let index = 0; index < 3; index++) client.request(fields).on('error', () => {})
  while (seen.length < 5) await new Promise(resolve => setTimeout(resolve, 5))
  t.deepEqual(seen.map(({ selfContained }) => selfContained), [false, false, true, true, true])
  t.is(seen[0]?.fields.find(([name]) => name === 'x-all')?.[1], everyByte)
  for (const { fields, never } of seen) {
    t.deepEqual(fields, seen[0]?.fields)
    t.true(fields.some(([name, value], index) => name === 'x-token' && value === 'secret' && never[index] === true))
  }
  t.true(decoder.tableIsOff)
})

function hex (text: string): Buffer {
  return Buffer.from(text.replaceAll(' ', ''), 'hex')
}

function pairs (list: HeaderList): string[][] {
  return list.names.slice(0, list.length).map((name, index) => [name, list.values[index] ?? ''])
}
