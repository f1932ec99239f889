import test from 'ava'
import { CONTINUATION, DATA, HEADERS, PADDED, PRIORITY_FLAG, SETTINGS, writeFrameHead } from '../../http2/frame.ts'
import { DROP, FrameReader, PASS, STOP, TAKE, WHOLE, type FrameSink, type Verdict } from '../../http2/frame-reader.ts'
import { HeaderBlock } from '../../http2/header-block.ts'
import { looksLikeFirstSettings, looksLikePreface, PREFACE } from '../../http2/preface.ts'
import { HEADER_TABLE_SIZE, readSetting, withoutHeaderTable } from '../../http2/settings.ts'
import { dataFrame, headersFrames, settings } from '../../http2/write-frames.ts'

function frame (type: number, flags: number, streamId: number, payload: Buffer): Buffer {
  const bytes = Buffer.alloc(9 + payload.length)
  payload.copy(bytes, writeFrameHead(bytes, 0, payload.length, type, flags, streamId))
  return bytes
}

type Seen = { passed: string, data: string, frames: string[], passes: number, ends: number }

/** Data of stream 3 is taken, of 5 dropped; headers are seen whole, and those of stream 3 do not pass. */
function collect (stopAt = -1): { reader: FrameReader, seen: Seen } {
  const seen: Seen = { passed: '', data: '', frames: [], passes: 0, ends: 0 }
  const sink: FrameSink = {
    onHead: (type, _flags, streamId): Verdict => {
      if (streamId === stopAt) return STOP
      if (type === DATA) return streamId === 3 ? TAKE : streamId === 5 ? DROP : PASS
      return type === HEADERS ? WHOLE : PASS
    },
    onFrame: (bytes, at, end) => {
      seen.frames.push(bytes.toString('latin1', at, end))
      return bytes[at + 8] === 3 ? DROP : PASS
    },
    onData: (bytes, from, to, isLast) => {
      seen.data += bytes.toString('latin1', from, to)
      if (isLast) seen.ends++
    },
    onPass: (bytes, from, to) => {
      seen.passes++
      seen.passed += bytes.toString('latin1', from, to)
    }
  }
  return { reader: new FrameReader(sink), seen }
}

const parts = {
  settings: settings([[4, 70_000]]),
  passedHeaders: frame(HEADERS, 4, 1, Buffer.from('headers of one')),
  takenHeaders: frame(HEADERS, 4, 3, Buffer.from('headers of three')),
  passedData: dataFrame(1, Buffer.from('data of one'), 0, 11, false),
  takenData: dataFrame(3, Buffer.from('data of three'), 0, 13, false),
  padded: frame(DATA, PADDED, 3, Buffer.from('\x04 padded\0\0\0\0', 'latin1')),
  onlyPadding: frame(DATA, PADDED, 3, Buffer.from('\x02\0\0', 'latin1')),
  dropped: dataFrame(5, Buffer.from('nobody\'s'), 0, 8, false),
  empty: dataFrame(3, Buffer.alloc(0), 0, 0, true)
}
const all = Buffer.concat(Object.values(parts))
const passing = Buffer.concat([parts.settings, parts.passedHeaders, parts.passedData]).toString('latin1')

test('frames mean the same however they are split', t => {
  for (let size = 1; size <= all.length; size++) {
    const { reader, seen } = collect()
    for (let at = 0; at < all.length; at += size) {
      // In a buffer that is used again, with another's bytes around.
      const buffer = Buffer.concat([Buffer.from('?????????????'), all.subarray(at, at + size), Buffer.from('!!!!!!!!!!!!!')])
      reader.push(buffer, 13, buffer.length - 13)
      buffer.fill('x')
    }
    t.is(seen.passed, passing, `pieces of ${size}`)
    t.is(seen.data, 'data of three padded')
    t.is(seen.ends, 4)
    t.deepEqual(seen.frames, [parts.passedHeaders, parts.takenHeaders].map(bytes => bytes.toString('latin1')))
    t.true(reader.isIdle)
  }
})

test('frames that pass one after the other pass at once', t => {
  const { reader, seen } = collect()
  const some = [parts.settings, parts.passedHeaders, parts.passedData]
  const many = Buffer.concat(Array.from({ length: 50 }, () => some).flat())
  reader.push(many, 0, many.length)
  t.is(seen.passes, 1)
  t.is(seen.passed, many.toString('latin1'))
})

test('after a stop everything passes as it came, from the frame on that stopped it', t => {
  const rest = Buffer.concat([frame(HEADERS, 4, 7, Buffer.from('odd')), Buffer.from('and no frames at all'), parts.takenData])
  const bytes = Buffer.concat([parts.takenHeaders, rest])
  for (let size = 1; size <= bytes.length; size++) {
    const { reader, seen } = collect(7)
    for (let at = 0; at < bytes.length; at += size) reader.push(bytes, at, Math.min(bytes.length, at + size))
    t.is(seen.passed, rest.toString('latin1'), `pieces of ${size}`)
    t.true(reader.isStopped)
  }
})

test('a header block in several frames, with padding and priority', t => {
  const block = new HeaderBlock()
  const first = frame(HEADERS, PADDED | PRIORITY_FLAG, 9, Buffer.from('\x03\0\0\0\0\x10ab\0\0\0', 'latin1'))
  const second = frame(CONTINUATION, 0, 9, Buffer.from('cd'))
  const last = frame(CONTINUATION, 4, 9, Buffer.from('ef'))
  t.is(block.push(first, 0, first.length), 'more')
  t.true(block.isOpen)
  t.is(block.push(second, 0, second.length), 'more')
  t.is(block.push(last, 0, last.length), 'complete')
  t.is(block.bytes.toString('latin1', block.from, block.to), 'abcdef')
  t.deepEqual(Buffer.concat(block.frames), Buffer.concat([first, second, last]))
  t.false(block.isOpen)
})

test('a header block that is interrupted, begins in the middle or is padded too much is malformed', t => {
  const begin = frame(HEADERS, 0, 9, Buffer.from('ab'))
  const push = (...frames: Buffer[]): string => {
    const block = new HeaderBlock()
    return frames.map(bytes => block.push(bytes, 0, bytes.length)).at(-1) ?? ''
  }
  t.is(push(begin, begin), 'malformed')
  t.is(push(begin, frame(CONTINUATION, 4, 11, Buffer.from('cd'))), 'malformed')
  t.is(push(frame(CONTINUATION, 4, 9, Buffer.from('cd'))), 'malformed')
  t.is(push(frame(HEADERS, 4 | PADDED, 9, Buffer.from('\x05abc', 'latin1'))), 'malformed')
  t.is(push(frame(HEADERS, 4, 0, Buffer.from('abc'))), 'malformed')
  const flood = Array.from({ length: 20_000 }, () => frame(CONTINUATION, 0, 9, Buffer.alloc(0)))
  t.is(push(begin, ...flood), 'too-long')
})

test('a block that is written is cut into frames that every peer takes', t => {
  const frames = headersFrames(5, Buffer.alloc(40_000, 'x'), 0, 40_000, true)
  const block = new HeaderBlock()
  const steps: string[] = []
  const reader = new FrameReader({
    onHead: () => WHOLE,
    onFrame: (bytes, at, end) => {
      steps.push(block.push(bytes, at, end))
      return PASS
    },
    onData: () => {},
    onPass: () => {}
  })
  reader.push(frames, 0, frames.length)
  t.deepEqual(steps, ['more', 'more', 'complete'])
  t.is(block.to - block.from, 40_000)
  t.is(block.flags & 1, 1)
})

test('the first SETTINGS says that no table is kept, and else what it said', t => {
  const window = [4, 70_000] as const
  for (const [before, count] of [[[window], 2], [[[1, 8192], window], 2], [[[1, 1], window, [1, 2]], 3]] as const) {
    const after = withoutHeaderTable(settings(before), 0)
    t.is(after.length, 9 + count * 6)
    t.is(after[3], SETTINGS)
    t.is(readSetting(after, 0, HEADER_TABLE_SIZE), 0)
    t.is(readSetting(after, 0, 4), 70_000)
  }
})

test('a preface and a first SETTINGS are known by their first bytes', t => {
  for (let length = 0; length < PREFACE.length; length++) t.is(looksLikePreface(PREFACE, 0, length), 'partly')
  t.is(looksLikePreface(Buffer.concat([PREFACE, Buffer.from('more')]), 0, PREFACE.length + 4), 'yes')
  for (const text of ['GET / HTTP/1.1\r\n', 'PRI * HTTP/1.1\r\n', 'PUT']) {
    t.is(looksLikePreface(Buffer.from(text), 0, text.length), 'no')
  }
  const first = settings([[3, 100], [4, 70_000]])
  for (let length = 0; length < 9; length++) t.is(looksLikeFirstSettings(first, 0, length), 'partly')
  t.is(looksLikeFirstSettings(first, 0, first.length), 'yes')
  const oddFrames = [frame(SETTINGS, 0, 0, Buffer.alloc(7)), frame(SETTINGS, 1, 0, Buffer.alloc(0))]
  for (const odd of [Buffer.from('SSH-2.0-x\r\n'), ...oddFrames]) {
    t.is(looksLikeFirstSettings(odd, 0, odd.length), 'no')
  }
})
