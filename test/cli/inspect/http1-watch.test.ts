import test from 'ava'
import { Http1Watch } from '../../../cli/inspect/watch/http1-watch.ts'
import { aLog, ORIGIN, recordOf } from './records.ts'

/** What two sides said, in the order they said it: `>` to the program, `<` from it. */
type Talk = readonly (readonly ['>' | '<', string | Buffer])[]

/** Shows a watch the talk, each piece cut at every multiple of `size`. */
function watch (talk: Talk, size = Infinity) {
  const log = aLog()
  const watching = new Http1Watch(log, ORIGIN)
  watching.connected()
  for (const [way, piece] of talk) {
    const bytes = typeof piece === 'string' ? Buffer.from(piece, 'latin1') : piece
    for (let at = 0; at < bytes.length; at += size) {
      const part = bytes.subarray(at, Math.min(bytes.length, at + size))
      if (way === '>') watching.toProgram(part)
      else watching.fromProgram(part)
    }
  }
  return { log, watching, records: () => log.exchanges.map(recordOf) }
}

const TALK: Talk = [
  ['>', 'POST /charge?x=1 HTTP/1.1\r\nHost: pay\r\nX-Kept: A, b\r\nTransfer-Encoding: chunked\r\n\r\n5;q\r\nhello\r\n6\r\n world\r\n0\r\n\r\n'],
  ['<', 'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\nContent-Length: 4\r\n\r\ndone'],
  ['>', 'HEAD /health HTTP/1.1\r\nHost: pay\r\n\r\n'],
  ['<', 'HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n'],
  ['>', 'GET /list HTTP/1.1\r\nHost: pay\r\n\r\n'],
  ['<', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX-Sum: 1\r\n\r\n']
]

const SEEN = [
  { method: 'POST', target: '/charge?x=1', status: 201, sent: 'hello world', received: 'done', headers: ['Host: pay', 'X-Kept: A, b', 'Transfer-Encoding: chunked'] },
  { method: 'HEAD', target: '/health', status: 200, sent: '', received: '', headers: ['Host: pay'] },
  { method: 'GET', target: '/list', status: 200, sent: '', received: 'abc', headers: ['Host: pay'], trailers: ['x-sum: 1'] }
].map(seen => ({ kind: 'http', state: 'done', note: undefined, trailers: [], ...seen }))

test('three turns on one connection are seen as three exchanges', t => {
  t.deepEqual(watch(TALK).records(), SEEN as never)
})

test('however the bytes are cut, the same exchanges are seen', t => {
  for (const size of [1, 2, 3, 5, 7, 11, 64]) t.deepEqual(watch(TALK, size).records(), SEEN as never, `${size} bytes each`)
})

test('trailers of both sides are seen behind the body, however they are cut, and huge ones are left out', t => {
  const request = (trailers: string): string =>
    `POST / HTTP/1.1\r\nHost: pay\r\nTransfer-Encoding: chunked\r\n\r\n3\r\na:b\r\n0;x="1"\r\n${trailers}\r\n`
  const response = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nServer-Timing: db;dur=5\r\nX-Sum:\t7 \r\n\r\n'
  for (const size of [1, 2, 3, 5, 7, 11, 64, Infinity]) {
    const [exchange] = watch([['>', request('X-Sum: 1\r\nX-Sum: 2\r\n')], ['<', response]], size).log.exchanges
    t.is(exchange?.requestBody.bytes.toString(), 'a:b')
    t.deepEqual(exchange?.requestTrailers, [['x-sum', '1', 'X-Sum'], ['x-sum', '2', 'X-Sum']], `${size} bytes each`)
    t.deepEqual(exchange?.responseTrailers, [['server-timing', 'db;dur=5', 'Server-Timing'], ['x-sum', '7', 'X-Sum']])
    t.is(exchange?.state, 'done')
  }
  for (const size of [1000, Infinity]) {
    const [exchange] = watch([['>', request(`X-Long: ${'x'.repeat(20_000)}\r\n`)], ['<', response]], size).log.exchanges
    t.deepEqual(exchange?.requestTrailers, [])
    t.like(exchange, { state: 'done', status: 200 })
  }
})

test('the marks of an exchange come in the order of what happened', t => {
  const [exchange] = watch(TALK).log.exchanges
  const { sentMs = 0, requestEndMs = 0, firstByteMs = 0, endMs = 0 } = exchange?.marks ?? {}
  t.true(sentMs > 0 && sentMs < requestEndMs && requestEndMs < firstByteMs && firstByteMs < endMs)
})

test('a body without a length ends with the connection', t => {
  const { watching, records } = watch([
    ['>', 'GET / HTTP/1.1\r\nHost: pay\r\n\r\n'], ['<', 'HTTP/1.0 200 OK\r\n\r\nall of it']
  ])
  t.like(records()[0], { state: 'open', received: 'all of it' })
  watching.programEnded()
  t.like(records()[0], { state: 'done', note: undefined })
})

test('a program that closes in the middle breaks its exchange', t => {
  const { watching, records } = watch([
    ['>', 'GET / HTTP/1.1\r\nHost: pay\r\n\r\n'], ['<', 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf']
  ])
  watching.programEnded()
  t.like(records()[0], { state: 'broken', received: 'half' })
  t.regex(records()[0]?.note ?? '', /closed its connection/)
})

test('what is no response is said to be none, and read no further', t => {
  const { records } = watch([
    ['>', 'GET / HTTP/1.1\r\nHost: pay\r\n\r\n'], ['<', 'hello, I am a mail server\r\n'], ['>', 'GET /2 HTTP/1.1\r\nHost: pay\r\n\r\n']
  ])
  t.is(records().length, 1)
  t.like(records()[0], { state: 'broken', note: 'What the program sent is not one HTTP response' })
})

test('a request that waits for its program is seen, and so is why it failed', t => {
  const log = aLog()
  const watching = new Http1Watch(log, ORIGIN)
  watching.toProgram(Buffer.from('GET / HTTP/1.1\r\nHost: pay\r\n\r\n'))
  t.is(log.exchanges[0]?.state, 'open')
  t.is(log.exchanges[0]?.marks.sentMs, undefined)
  watching.closed('refused', 'Nothing listens on 127.0.0.1:3000')
  t.like(recordOf(log.exchanges[0]!), { state: 'broken', note: 'Nothing listens on 127.0.0.1:3000' })
})

test('a stream of events ends without complaint when its caller leaves', t => {
  const { watching, records } = watch([
    ['>', 'GET /events HTTP/1.1\r\nHost: pay\r\n\r\n'],
    ['<', 'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: 1\n\n']
  ])
  t.like(records()[0], { kind: 'events', state: 'open', received: 'data: 1\n\n' })
  watching.closed('caller')
  t.like(records()[0], { state: 'done', note: undefined })
})
