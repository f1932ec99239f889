import test from 'ava'
import { RequestReader } from '../../http1/request-reader.ts'

/** Feeds the input in pieces of `size` bytes and writes down what the reader makes of it. */
function read (input: string, size: number): string[] {
  const reader = new RequestReader()
  const seen: string[] = []
  const bytes = Buffer.from(input, 'latin1')
  for (let from = 0; from < bytes.length; from += size) {
    // A buffer of its own for each piece, overwritten afterwards, as a socket's buffer is.
    const piece = Buffer.from(bytes.subarray(from, from + size))
    let at = 0
    while (at < piece.length) {
      const step = reader.step(piece, at, piece.length)
      if (step.kind === 'more') break
      if (step.kind === 'opaque') return [...seen, `opaque:${step.reason}`]
      at = step.next
      if (step.kind === 'greeting') seen.push('greeting')
      else if (step.kind === 'head') seen.push(`${step.head.method} ${step.head.target}`)
      else if (step.done) seen.push('body-end')
    }
    piece.fill(0x58)
  }
  return seen
}

const PIPELINE = [
  'GET /a HTTP/1.1\r\nHost: x\r\n\r\n',
  'POST /b HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello',
  'PUT /c HTTP/1.1\r\nhost:x\r\nTransfer-Encoding: chunked\r\n\r\n5;a="b"\r\nhello\r\n000\r\nTrailer: 1\r\n\r\n',
  'POST /d HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  'GET /e HTTP/1.0\r\n\r\n'
].join('')
const PIPELINE_STEPS = ['GET /a', 'POST /b', 'body-end', 'PUT /c', 'body-end', 'POST /d', 'body-end', 'GET /e']

for (const size of [1, 2, 3, 7, 64, 100_000]) {
  test(`a pipeline of every framing is read the same in pieces of ${size} bytes`, t => {
    t.deepEqual(read(PIPELINE, size), PIPELINE_STEPS)
  })
}

const head = (lines: string): string => `GET / HTTP/1.1\r\nHost: x\r\n${lines}\r\n`

/** What two servers may read differently; all of it must reach the app as it is. */
const ODD: readonly (readonly [name: string, input: string, reason: string])[] = [
  ['two spaces in the request line', 'GET  / HTTP/1.1\r\nHost: x\r\n\r\n', 'not-http'],
  ['a lower-case protocol name', 'GET / http/1.1\r\nHost: x\r\n\r\n', 'not-http'],
  ['a third word behind a long target', `GET /${'a'.repeat(100)} b HTTP/1.1\r\n\r\n`, 'not-http'],
  ['version 1.2', 'GET / HTTP/1.2\r\nHost: x\r\n\r\n', 'not-http'],
  ['the HTTP/2 preface', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'not-http'],
  ['a TLS client hello', '\x16\x03\x01\x02\x00\x01', 'not-http'],
  ['a Redis command', '*1\r\n$4\r\nPING\r\n', 'not-http'],
  ['an inline Redis command', 'PING\r\n', 'not-http'],
  ['an SSH banner', 'SSH-2.0-OpenSSH_9.2\r\n', 'not-http'],
  ['a bare LF after the request line', 'GET / HTTP/1.1\nHost: x\n\n', 'not-http'],
  ['an empty line first', '\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n', 'not-http'],
  ['a method longer than any', `${'A'.repeat(33)} / HTTP/1.1\r\n\r\n`, 'not-http'],
  ['no Host in 1.1', 'GET / HTTP/1.1\r\n\r\n', 'head-malformed'],
  ['two Hosts', head('Host: y\r\n'), 'head-malformed'],
  ['a space before the colon', head('A : b\r\n'), 'head-malformed'],
  ['a folded line', head('A: b\r\n c\r\n'), 'head-malformed'],
  ['a bare LF in a value', head('A: b\nC: d\r\n'), 'head-malformed'],
  ['a bare CR in a value', head('A: b\rC: d\r\n'), 'head-malformed'],
  ['a NUL in a value', head('A: b\0c\r\n'), 'head-malformed'],
  ['a line without a colon', head('nonsense\r\n'), 'head-malformed'],
  ['an empty name', head(': b\r\n'), 'head-malformed'],
  ['a name that is no token', head('A(b: c\r\n'), 'head-malformed'],
  ['two equal Content-Lengths', head('Content-Length: 1\r\nContent-Length: 1\r\n'), 'framing-ambiguous'],
  ['a Content-Length list', head('Content-Length: 1, 1\r\n'), 'framing-ambiguous'],
  ['a signed Content-Length', head('Content-Length: +1\r\n'), 'framing-ambiguous'],
  ['a hexadecimal Content-Length', head('Content-Length: 0x1\r\n'), 'framing-ambiguous'],
  ['an empty Content-Length', head('Content-Length: \r\n'), 'framing-ambiguous'],
  ['a Content-Length of 16 digits', head('Content-Length: 1000000000000000\r\n'), 'framing-ambiguous'],
  ['both framings', head('Content-Length: 1\r\nTransfer-Encoding: chunked\r\n'), 'framing-ambiguous'],
  ['gzip before chunked', head('Transfer-Encoding: gzip, chunked\r\n'), 'framing-ambiguous'],
  ['chunked twice', head('Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n'), 'framing-ambiguous'],
  ['an unknown coding', head('Transfer-Encoding: xchunked\r\n'), 'framing-ambiguous'],
  ['chunked in 1.0', 'POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n', 'framing-ambiguous'],
  ['a head over 64 KiB', head(`A: ${'b'.repeat(65 * 1024)}\r\n`), 'head-too-long']
]

for (const [name, input, reason] of ODD) {
  test(`${name} makes the connection opaque in any split`, t => {
    for (const size of [1, 5, 100_000]) t.deepEqual(read(input, size), [`opaque:${reason}`], `pieces of ${size}`)
  })
}

const CHUNKED = 'POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n'
for (const [name, body] of [
  ['an empty size', '\r\nhello'],
  ['a size of 16 digits', `${'0'.repeat(15)}5\r\nhello\r\n`],
  ['a space before the extension', '5 ;a\r\nhello\r\n'],
  ['a bare LF after the size', '5\nhello\r\n'],
  ['data longer than its size', '5\r\nhello!\r\n'],
  ['a bare LF after the data', '5\r\nhello\n'],
  ['a negative size', '-5\r\nhello\r\n'],
  ['a bare LF in the trailers', '0\r\nA: b\n\r\n']
] as const) {
  test(`a chunked body with ${name} is malformed in any split`, t => {
    for (const size of [1, 3, 100_000]) {
      t.deepEqual(read(`${CHUNKED}${body}`, size), ['POST /', 'opaque:chunk-malformed'], `pieces of ${size}`)
    }
  })
}

test('many chunks with extensions and long trailers are one body', t => {
  const chunks = `5;ext="${'e'.repeat(80)}"\r\nhello\r\n`.repeat(1000)
  const input = `${CHUNKED}${chunks}0\r\n${'Trailer: x\r\n'.repeat(3000)}\r\n`
  for (const size of [7, 100_000]) t.deepEqual(read(input, size), ['POST /', 'body-end'])
})

test('obs-text and UTF-8 in values do not make a head odd', t => {
  t.deepEqual(read(head('A: \xff\xfe caf\xc3\xa9\r\n'), 1), ['GET /'])
})

test('a refused head leaves its earlier pieces with the reader', t => {
  const reader = new RequestReader()
  t.is(reader.step(Buffer.from('GET / HT'), 0, 8).kind, 'more')
  t.is(reader.step(Buffer.from('TP/3.0\r\n'), 0, 8).kind, 'opaque')
  t.is(reader.kept.toString(), 'GET / HT')
})

test('an unfinished request line of HTTP is still waited for', t => {
  const reader = new RequestReader()
  t.is(reader.step(Buffer.from('OPTIONS'), 0, 7).kind, 'more')
  t.is(reader.step(Buffer.from(' * HTTP/1'), 0, 9).kind, 'more')
})
