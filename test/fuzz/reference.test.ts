import test from 'ava'
import { mayWait, withMember } from './reference-baggage.ts'
import { matchesReference } from './reference-match.ts'
import { proxyHeadEnd } from './reference-proxy-head.ts'
import { readReferenceRequests, type ReferenceRequest } from './reference-request.ts'
import { readReferenceResponse } from './reference-response.ts'

function read (text: string): ReturnType<typeof readReferenceRequests> {
  return readReferenceRequests(Buffer.from(text, 'latin1'))
}

const ACCEPTED: ReadonlyArray<readonly [string, 'none' | 'length' | 'chunked', string]> = [
  ['GET / HTTP/1.1\r\nHost: a\r\n\r\n', 'none', ''],
  ['GET / HTTP/1.0\r\n\r\n', 'none', ''],
  [`${'M'.repeat(32)} * HTTP/1.1\r\nhOST:\t \r\n\r\n`, 'none', ''],
  ['GET /\xe9 HTTP/1.1\r\nHost: a\r\nx: \x80\xff\r\n\r\n', 'none', ''],
  ['POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc', 'length', 'abc'],
  ['POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 000000000000003 \r\n\r\nabc', 'length', 'abc'],
  ['POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n001;x="y"\r\nc\r\n0\r\nx: y\r\n\r\n', 'chunked', 'abc']
]

const REFUSED: readonly string[] = [
  'GET  / HTTP/1.1\r\nHost: a\r\n\r\n', 'GET /  HTTP/1.1\r\nHost: a\r\n\r\n', ' GET / HTTP/1.1\r\nHost: a\r\n\r\n', 'GET / HTTP/1.2\r\nHost: a\r\n\r\n',
  'GET / http/1.1\r\nHost: a\r\n\r\n', '\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n', 'GET /a\tb HTTP/1.1\r\nHost: a\r\n\r\n', 'G@T / HTTP/1.1\r\nHost: a\r\n\r\n',
  `${'M'.repeat(33)} / HTTP/1.1\r\nHost: a\r\n\r\n`, 'GET / HTTP/1.1\r\n\r\n', 'GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n', 'GET / HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n',
  'GET / HTTP/1.1\nHost: a\r\n\r\n', 'GET / HTTP/1.1\r\nHost: a\n\r\n\r\n', 'GET / HTTP/1.1\r\nHost: a\r\nx: a\rb\r\n\r\n', 'GET / HTTP/1.1\r\nHost: a\r\nx: \0\r\n\r\n',
  'GET / HTTP/1.1\r\nHost: a\r\nx : y\r\n\r\n', 'GET / HTTP/1.1\r\nHost: a\r\nx: y\r\n z\r\n\r\n', 'GET / HTTP/1.1\r\n Host: a\r\n\r\n', 'GET / HTTP/1.1\r\nHost: a\r\nxy\r\n\r\n',
  'GET / HTTP/1.1\r\nHost: a\r\n: y\r\n\r\n', 'GET / HTTP/1.1\r\nHost: a\r\nx\xe9: y\r\n\r\n', `GET / HTTP/1.1\r\nHost: a\r\nx: ${'y'.repeat(65_600)}\r\n\r\n`,
  ...['Content-Length: 3\r\nContent-Length: 3', 'Content-Length: 3, 3', 'Content-Length: +3', 'Content-Length: 0x3', 'Content-Length:', 'Content-Length: 0000000000000003',
    'Content-Length: 3\r\nTransfer-Encoding: chunked', 'Transfer-Encoding: gzip, chunked', 'Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked', 'Transfer-Encoding: \x0bchunked'
  ].map(lines => `POST / HTTP/1.1\r\nHost: a\r\n${lines}\r\n\r\nabc`),
  'POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'
]

const BAD_CHUNKS: readonly string[] = [
  '1000000000000000\r\n', 'fffffffffffffff\r\n', '\r\n', 'g\r\n', '0x1\r\na\r\n', '-1\r\n', '1\na\r\n', '1\r\na\n', '1\r\nab\r\n', '1;\n\r\na\r\n', '0\r\n\n', '0\r\nx: y\n\r\n', '1 x\r\na\r\n'
]

test('the reference accepts exactly what the grammar of the design allows', t => {
  for (const [text, body, content] of ACCEPTED) {
    const { requests, rest } = read(text)
    t.is(requests.length, 1, text)
    t.is(rest, 'nothing', text)
    t.like(requests[0], { body, complete: true, headDoubt: false, bodyDoubt: false, end: text.length }, text)
    t.is(requests[0]?.content.toString('latin1'), content, text)
  }
})

test('the reference refuses heads that two readers may read differently', t => {
  for (const text of REFUSED) t.like(read(text), { rest: 'malformed', restAt: 0, requests: [] }, text)
})

test('the reference refuses chunks that two readers may read differently', t => {
  for (const chunks of BAD_CHUNKS) {
    const { requests, rest } = read(`POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n${chunks}0\r\n\r\n`)
    t.is(rest, 'malformed', chunks)
    t.false(requests[0]?.complete, chunks)
  }
})

test('the reference refuses a chunk size before its line ends', t => {
  for (const chunk of ['g', '5 x', '1234567890abcdef']) {
    const { rest } = read(`POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n${chunk}`)
    t.is(rest, 'malformed', chunk)
  }
})

test('the reference finds each of several requests and a part', t => {
  const { requests, rest } = read('GET /1 HTTP/1.1\r\nHost: a\r\n\r\nPOST /2 HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nabGET /3 HT')
  t.deepEqual(requests.map(({ target }) => target), ['/1', '/2'])
  t.is(rest, 'partial')
})

test('a match holds for the header or the baggage member alone', t => {
  const value = 'maria-12345678'
  const match = (lines: string): string => matchesReference(read(`GET / HTTP/1.1\r\nHost: a\r\n${lines}\r\n\r\n`).requests[0] as ReferenceRequest, value)
  for (const lines of [`x-waylay-id: ${value}`, `X-WAYLAY-ID:\t${value} `, `x-waylay-id: x\r\nx-waylay-id: ${value}`, 'baggage: a=b,waylay-id=%6daria-12345678;p=1']) {
    t.is(match(lines), 'yes', lines)
  }
  for (const lines of [`x-waylay-id: ${value}x`, `x-waylay-id: ${value}, x`, `baggage: waylay-idx=${value}`, `x-waylay-id: ${value}\r\nConnection: a, X-Waylay-Id`, `x-waylay-id: ${value}\r\nUser-Agent: kube-probe/1.34`]) {
    t.is(match(lines), 'no', lines)
  }
})

const MEMBER = 'waylay-id=maria-12345678'
const ID = 'x-waylay-id: maria-12345678'
const CHANGED: ReadonlyArray<readonly [before: string, after: string]> = [
  [ID, `${ID}\r\nbaggage: ${MEMBER}`], [`baggage:a=b \r\n${ID}`, `baggage:a=b,${MEMBER} \r\n${ID}`],
  [`${ID}\r\nBaggage: a\r\nx: y\r\nbaggage: \t`, `${ID}\r\nBaggage: a\r\nx: y\r\nbaggage: \t${MEMBER}`],
  [`${ID}\r\nbaggage: a=b,\t`, `${ID}\r\nbaggage: a=b,${MEMBER}\t`], [`${ID}\r\nx-waylay-id: %,\xc3\xa9`, `${ID}\r\nx-waylay-id: %,\xc3\xa9\r\nbaggage: waylay-id=%25%2C%C3%A9`],
  [`${ID}${'\r\nx: y'.repeat(96)}`, `${ID}${'\r\nx: y'.repeat(96)}\r\nbaggage: ${MEMBER}`],
  [`${ID}\r\nbaggage: a=b${'\r\nx: y'.repeat(120)}`, `${ID}\r\nbaggage: a=b,${MEMBER}${'\r\nx: y'.repeat(120)}`],
  ...[
    `${ID}${'\r\nx: y'.repeat(97)}`, 'x-waylay-id:', `${ID}\r\nbaggage: ${MEMBER}`, `${ID}\r\nbaggage: waylay-id=`, `${ID}\r\nconnection: x-waylay-id`, `${ID}\r\nconnection: a, baggage`,
    'x-waylay-id: \xe9', `${ID}\r\nbaggage: ${'a=b,'.repeat(64)}`, `${ID}\r\nbaggage: ${'x'.repeat(8130)}`, `${ID}\r\nx: ${'y'.repeat(8130)}`, 'baggage: a=b'
  ].map(lines => [lines, lines] as const)
]

test('the reference appends the member where the design says so, and changes nothing else', t => {
  for (const [before, after] of CHANGED) {
    const text = `GET / HTTP/1.1\r\nHost: a\r\n${before}\r\n\r\n`
    const [request] = read(text).requests
    t.is(withMember(request?.fields ?? [], Buffer.from(text, 'latin1')).toString('latin1'), text.replace(before, after), before)
  }
})

test('the reference lets an unfinished head wait from the first line on that matters', t => {
  const waits = (text: string): number => mayWait(Buffer.from(text))
  t.is(waits('GET / HTTP/1.1\r\nHost: a\r\nBaggage: a=b\r\nx'), 15)
  t.is(waits('GET / HTTP/1.1\r\nx-waylay-i'), 10)
  t.is(waits('GET / HTTP/1.1\r\nx-waylay-ids'), 0)
  t.is(waits('baggage: a'), 0)
  t.is(waits(`GET / HTTP/1.1\r\nbaggage: a\r\nx: ${'y'.repeat(8192)}`), 0)
})

test('a PROXY protocol head ends where its version says', t => {
  const ends = (text: string): number => proxyHeadEnd(Buffer.from(text, 'latin1'))
  t.is(ends('PROXY UNKNOWN\r\nGET'), 15)
  t.is(ends('PROXY UNKNOWN\nGET'), 0)
  t.is(ends(`PROXY ${'x'.repeat(100)}\r\n`), 0)
  t.is(ends('\r\n\r\n\0\r\nQUIT\n\x20\0\0\x02abGET'), 18)
  t.is(ends('\r\n\r\n\0\r\nQUIT\n\x20\0\0\x02a'), 0)
})

test('a response is read by the request that it answers', t => {
  const response = (text: string, method = 'GET', ended = false): unknown => {
    const got = readReferenceResponse(Buffer.from(text, 'latin1'), 0, method, ended)
    return 'problem' in got ? got.problem : got.content.toString('latin1')
  }
  t.is(response('HTTP/1.1 200 \r\nContent-Length: 2\r\n\r\nabc'), 'ab')
  t.is(response('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nabc', 'HEAD'), '')
  t.is(response('HTTP/1.1 304 OK\r\nContent-Length: 2\r\n\r\n'), '')
  t.is(response('HTTP/1.1 200 OK\r\n\r\nabc', 'GET', true), 'abc')
  t.is(response('HTTP/1.1 200 OK\r\n\r\nabc'), 'partial')
  t.is(response('HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n'), 'its length is ambiguous')
})
