import test from 'ava'
import { readRequestHead, type RequestHead } from '../../http1/request-head.ts'
import { readResponseHead } from '../../http1/response-head.ts'
import { reframeResponse, writeChunk, type Reframed } from '../../http1/reframe.ts'

function request (text: string): RequestHead {
  const bytes = Buffer.from(text.replaceAll('\n', '\r\n'))
  const head = readRequestHead(bytes, 0, bytes.length)
  if (typeof head === 'string') throw new Error(head)
  return head
}

function reframe (response: string, asked = GET): Reframed & { readonly text: string } {
  const bytes = Buffer.from(response.replaceAll('\n', '\r\n'), 'latin1')
  const head = readResponseHead(bytes, 0, bytes.length, asked)
  if (typeof head === 'string') throw new Error(head)
  const reframed = reframeResponse(head, asked, { intercept: 'abc', varyBy: 'x-waylay-id' })
  return { ...reframed, text: reframed.head.toString('latin1').replaceAll('\r\n', '\n') }
}

const GET = request('GET / HTTP/1.1\nHost: x\n\n')
const OWN = 'x-waylay-diverted-to: abc\nCache-Control: private, no-store\nVary: x-waylay-id\n'

test('a framed response keeps its fields, case and length and gets ours', t => {
  const { text, body, closes } = reframe('HTTP/1.1 200 Fine\nX-Odd-Case: \xff\nContent-Length: 3\n\n')
  t.is(text, `HTTP/1.1 200 Fine\nX-Odd-Case: \xff\nContent-Length: 3\n${OWN}\n`)
  t.is(body, 'as-it-is')
  t.false(closes)
})

test('a dev server that closes after each response does not close the caller', t => {
  const { text, body, closes } = reframe('HTTP/1.0 200 OK\nConnection: close\nKeep-Alive: timeout=5\n\n')
  t.is(text, `HTTP/1.1 200 OK\n${OWN}Transfer-Encoding: chunked\n\n`)
  t.is(body, 'chunk-it')
  t.false(closes)
})

test('a caller of HTTP/1.0 gets no chunks and an end', t => {
  const { text, body, closes } = reframe('HTTP/1.1 200 OK\n\n', request('GET / HTTP/1.0\nConnection: keep-alive\n\n'))
  t.is(text, `HTTP/1.1 200 OK\n${OWN}Connection: close\n\n`)
  t.is(body, 'as-it-is')
  t.true(closes)
})

test('a caller that asked to close is told that it is closed', t => {
  const asked = request('GET / HTTP/1.1\nHost: x\nConnection: close\n\n')
  const { text, closes } = reframe('HTTP/1.1 200 OK\nContent-Length: 0\n\n', asked)
  t.is(text, `HTTP/1.1 200 OK\nContent-Length: 0\n${OWN}Connection: close\n\n`)
  t.true(closes)
})

test('no cache may keep a diverted response', t => {
  const { text } = reframe('HTTP/1.1 200 OK\nCache-Control: public\nExpires: 0\nX-Accel-Expires: 9\n' +
    'Surrogate-Control: a\nCDN-Cache-Control: b\nContent-Length: 0\n\n')
  t.is(text, `HTTP/1.1 200 OK\nContent-Length: 0\n${OWN}\n`)
})

test('an upgrade keeps its Connection line', t => {
  const { text, closes } = reframe('HTTP/1.1 101 Switching Protocols\nUpgrade: websocket\nConnection: upgrade\n\n')
  t.is(text, `HTTP/1.1 101 Switching Protocols\nUpgrade: websocket\n${OWN}Connection: Upgrade\n\n`)
  t.false(closes)
})

test('a refusal that wants an upgrade also says that it is the last', t => {
  const asked = request('GET / HTTP/1.1\nHost: x\nConnection: close\n\n')
  const { text, closes } = reframe('HTTP/1.1 426 Upgrade Required\nUpgrade: h2c\nContent-Length: 0\n\n', asked)
  t.is(text, `HTTP/1.1 426 Upgrade Required\nUpgrade: h2c\nContent-Length: 0\n${OWN}Connection: Upgrade, close\n\n`)
  t.true(closes)
})

test('an interim response gets none of our fields', t => {
  t.is(reframe('HTTP/1.1 103 Early Hints\nLink: </a>\n\n').text, 'HTTP/1.1 103 Early Hints\nLink: </a>\n\n')
})

test('an empty piece is no chunk, which would end the body', t => {
  t.is(writeChunk(Buffer.alloc(0)).length, 0)
  t.is(writeChunk(Buffer.alloc(26, 97)).toString(), `1a\r\n${'a'.repeat(26)}\r\n`)
})

test('a caller of HTTP/1.0 gets a chunked body without its chunks', t => {
  const response = 'HTTP/1.1 200 OK\nTransfer-Encoding: chunked\nTrailer: x\n\n'
  const { text, body, closes } = reframe(response, request('GET / HTTP/1.0\n\n'))
  t.is(text, `HTTP/1.1 200 OK\n${OWN}Connection: close\n\n`)
  t.is(body, 'unchunk-it')
  t.true(closes)
})
