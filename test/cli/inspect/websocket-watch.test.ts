import { promisify } from 'node:util'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { constants, createDeflateRaw } from 'node:zlib'
import test from 'ava'
import { Http1Watch } from '../../../cli/inspect/watch/http1-watch.ts'
import { LIMITS } from '../../../cli/inspect/exchange-log.ts'
import { detailOf } from '../../../cli/inspect/views.ts'
import { aLog, ORIGIN } from './records.ts'

const HANDSHAKE = 'GET /chat HTTP/1.1\r\nHost: pay\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n'
const [TEXT, BINARY, CLOSE, PING] = [1, 2, 8, 9]
const [FINAL, PACKED] = [0x80, 0x40]

/** A frame; of a caller with a mask, which is not 0. */
function frame (
  opcode: number, payload: Buffer | string, { mask, flags = FINAL }: { mask?: string, flags?: number } = {}
): Buffer {
  const bytes = Buffer.from(payload)
  const key = mask === undefined ? undefined : Buffer.from(mask, 'hex')
  const bit = key === undefined ? 0 : 0x80
  const long = Buffer.alloc(8)
  long.writeBigUInt64BE(BigInt(bytes.length))
  const [sign, digits] = bytes.length < 126 ? [bytes.length, 0] : bytes.length < 65_536 ? [126, 2] : [127, 8]
  return Buffer.concat([
    Buffer.from([flags | opcode, bit | sign]), long.subarray(8 - digits), key ?? Buffer.alloc(0),
    bytes.map((byte, at) => byte ^ (key?.[at % 4] ?? 0))
  ])
}

type Talk = readonly (readonly ['>' | '<', Buffer])[]

/** A WebSocket whose frames are shown to a watch, each piece cut at every multiple of `size`. */
function watch (talk: Talk, { size = Infinity, extensions = '', limits = LIMITS } = {}) {
  const log = aLog(limits)
  const watching = new Http1Watch(log, ORIGIN)
  watching.connected()
  watching.toProgram(Buffer.from(HANDSHAKE))
  watching.fromProgram(Buffer.from(
    `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n${extensions}\r\n`))
  const exchange = log.exchanges[0]!
  const goOn = (way: '>' | '<', bytes: Buffer): void => {
    for (let at = 0; at < bytes.length; at += size) {
      const part = bytes.subarray(at, Math.min(bytes.length, at + size))
      if (way === '>') watching.toProgram(part)
      else watching.fromProgram(part)
    }
  }
  for (const [way, bytes] of talk) goOn(way, bytes)
  const shown = (showsSecrets = false) => detailOf(exchange, [], showsSecrets).passed?.messages ?? []
  return { log, exchange, goOn, shown }
}

const TALK: Talk = [
  ['>', Buffer.concat([
    frame(TEXT, 'abc', { mask: '01020304' }), frame(PING, '', { mask: 'a1b2c3d4' }),
    frame(TEXT, 'x'.repeat(200), { mask: '0f0e0d0c' })
  ])],
  // In two fragments, with a ping between them.
  ['<', Buffer.concat([frame(BINARY, Buffer.from([0xaa, 0xaa]), { flags: 0 }), frame(PING, 'on?'), frame(0, Buffer.from([0xbb]))])],
  ['<', frame(CLOSE, Buffer.from('\x03\xe8bye', 'latin1'))]
]

test('messages of a WebSocket are shown as they passed, and frames counted, however they are cut', t => {
  for (const size of [1, 3, 100, Infinity]) {
    const { exchange, shown } = watch(TALK, { size })
    t.like(exchange, { kind: 'websocket', status: 101, state: 'open' })
    t.deepEqual(JSON.parse(JSON.stringify(exchange.frames)), {
      sent: { text: 2, binary: 0, control: 1, bytes: 203 }, received: { text: 0, binary: 1, control: 2, bytes: 11 }
    })
    const seen = shown()
    t.deepEqual(seen.map(one => [one.number, one.way, one.kind, one.totalBytes, one.text ?? one.base64]), [
      [1, 'sent', 'text', 3, 'abc'], [2, 'sent', 'ping', 0, ''], [3, 'sent', 'text', 200, 'x'.repeat(200)],
      [4, 'received', 'ping', 3, 'b24/'], [5, 'received', 'binary', 3, 'qqq7'], [6, 'received', 'close', 5, '1000 bye']
    ])
    const times = seen.map(({ atMs }) => atMs)
    t.deepEqual(times, times.toSorted((a, b) => a - b))
  }
})

test('secrets in messages are hidden, also in binary ones that hold JSON', t => {
  const { shown } = watch([
    ['>', frame(TEXT, '{"token":"hush","n":1}', { mask: '01020304' })],
    ['<', frame(BINARY, '{"password":"hush"}')],
    ['<', frame(TEXT, '{"n":2}')]
  ])
  t.notRegex(JSON.stringify(shown()), /hush/)
  t.deepEqual(shown().map(({ text, isHidden }) => [text, isHidden]), [
    ['{"token":"••••","n":1}', true], ['{"password":"••••"}', true], ['{"n":2}', false]
  ])
  t.deepEqual(shown(true).map(({ text }) => text), ['{"token":"hush","n":1}', '{"password":"hush"}', '{"n":2}'])
})

test('of many messages the newest are kept, of a long one its beginning', t => {
  const many = Array.from({ length: 700 }, (_none, at) => ['<', frame(TEXT, `m${at}`)] as const)
  const { exchange, shown, log } = watch(many)
  t.deepEqual([shown().length, shown()[0]?.text, shown().at(-1)?.text], [500, 'm200', 'm699'])
  t.is(detailOf(exchange, [], false).passed?.lost, 200)
  t.true(log.keptBytes < 200_000)

  const long = watch([['<', frame(TEXT, 'y'.repeat(100_000))], ['<', frame(TEXT, 'z')]])
  t.like(long.shown()[0], { text: 'y'.repeat(16 * 1024), isCut: true, totalBytes: 100_000 })
  t.like(long.shown()[1], { text: 'z', isCut: false })

  const heavy = watch(Array.from({ length: 100 }, () => ['<', frame(TEXT, 'y'.repeat(16_000))] as const))
  t.is(heavy.shown().length, 16, '256 KiB of one WebSocket')
})

test('messages count against the bound of all, and one that made room keeps none', t => {
  const small = { exchanges: 10, bodyBytes: 1000, totalBytes: 20_000 }
  const { log, exchange } = watch([['<', frame(TEXT, 'y'.repeat(16_000))], ['<', frame(TEXT, 'y'.repeat(16_000))]], { limits: small })
  t.true(exchange.isForgotten)
  t.deepEqual(exchange.passed?.kept, [])
  t.is(log.keptBytes, 0)
})

test('WebSockets that made room hold no half messages, and are not read on', async t => {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const heldBytes = (): number => {
    collect()
    return process.memoryUsage().arrayBuffers
  }
  const half = frame(TEXT, Buffer.alloc(60_000), { flags: PACKED })
  const open = Array.from({ length: 200 }, () => watch([['>', half], ['<', half]]))
  const beforeBytes = heldBytes()
  for (const { log } of open) log.clear()
  let freedBytes = beforeBytes - heldBytes()
  // V8 gives buffers back on a thread of its own, which waits on a busy machine.
  for (let looks = 0; looks < 500 && freedBytes <= 20_000_000; looks++) {
    await new Promise(resolve => setTimeout(resolve, 10))
    freedBytes = beforeBytes - heldBytes()
  }
  t.true(freedBytes > 20_000_000, `${freedBytes} of 24,000,000 bytes were freed`)

  const [{ exchange, goOn }] = open as [ReturnType<typeof watch>]
  goOn('<', frame(TEXT, 'more'))
  t.like(exchange.frames?.received, { text: 1 })
})

/** What a sender makes of messages with permessage-deflate, each referring to those before it. */
async function pack (messages: readonly string[]): Promise<readonly Buffer[]> {
  const deflate = createDeflateRaw()
  const packed: Buffer[] = []
  let pieces: Buffer[] = []
  deflate.on('data', (piece: Buffer) => { pieces.push(piece) })
  const flush = promisify((done: () => void) => { deflate.flush(constants.Z_SYNC_FLUSH, done) })
  for (const message of messages) {
    deflate.write(message)
    await flush()
    packed.push(Buffer.concat(pieces).subarray(0, -4))
    pieces = []
  }
  return packed
}

const SAID = ['{"price": 1, "currency": "EUR"}', '{"price": 2, "currency": "EUR"}', '{"price": 3, "currency": "EUR"}']
const DEFLATE = 'Sec-WebSocket-Extensions: permessage-deflate\r\n'

test('compressed messages are unfolded, each with what those before it said', async t => {
  const packed = await pack(SAID)
  t.true((packed[1]?.length ?? 0) < 20, 'it refers to the first')
  const talk = packed.map((bytes, at) => ['<', Buffer.concat([
    frame(TEXT, bytes.subarray(0, 5), { flags: PACKED }), frame(PING, ''), frame(0, bytes.subarray(5)),
    ...at === 1 ? [frame(TEXT, 'as it is')] : []
  ])] as const)
  for (const size of [1, 7, Infinity]) {
    const texts = watch(talk, { size, extensions: DEFLATE }).shown().filter(({ kind }) => kind === 'text')
    t.deepEqual(texts.map(({ text }) => text), [SAID[0], SAID[1], 'as it is', SAID[2]])
  }
})

test('what cannot be unfolded is said to be compressed, and so is what refers to it', async t => {
  const packed = await pack(SAID)
  const flags = FINAL | PACKED
  const broken = ['<', frame(TEXT, Buffer.alloc(9, 0xff), { flags })] as const
  const talk: Talk = [['<', frame(TEXT, packed[0]!, { flags })], broken, ['<', frame(TEXT, packed[1]!, { flags })]]
  const shown = watch(talk, { extensions: DEFLATE }).shown()
  t.deepEqual(shown.map(({ isPacked }) => isPacked), [false, true, true])
  t.deepEqual(shown.map(({ text }) => text), [SAID[0], undefined, undefined])

  // Where each stands by itself, one says nothing of the next.
  const alone = DEFLATE.replace('\r\n', '; server_no_context_takeover\r\n')
  t.deepEqual(watch([broken, talk[0]!], { extensions: alone }).shown().map(({ isPacked }) => isPacked), [true, false])
  t.true(watch([talk[0]!]).shown()[0]?.isPacked, 'nobody agreed to it')
})
