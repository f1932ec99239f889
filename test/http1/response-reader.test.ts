import test from 'ava'
import { ResponseReader } from '../../http1/response-reader.ts'

/** Feeds responses to requests with these methods, in pieces; writes down where each one ends. */
function read (input: string, methods: readonly string[], size: number): string[] {
  const reader = new ResponseReader()
  const open = methods.map(method => ({ method }))
  const seen: string[] = []
  const bytes = Buffer.from(input, 'latin1')
  for (let from = 0; from < bytes.length; from += size) {
    const piece = Buffer.from(bytes.subarray(from, from + size))
    let at = 0
    while (at < piece.length) {
      const context = open[0]
      if (context === undefined) return [...seen, 'surplus']
      const step = reader.step(piece, at, piece.length, context)
      if (step.kind === 'more') break
      if (step.kind === 'malformed') return [...seen, 'malformed']
      at = step.next
      if (step.kind === 'head') seen.push(`${step.head.status}${step.head.closes ? ' closes' : ''}`)
      if (step.done) {
        open.shift()
        seen.push('end')
      }
    }
    piece.fill(0x58)
  }
  return seen
}

const RESPONSES = [
  'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello',
  'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 204\r\n\r\n',
  'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n',
  'HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n',
  'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nT: 1\r\n\r\n',
  'HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n',
  'HTTP/1.1 200 OK\r\n\r\nuntil the end'
].join('')

for (const size of [1, 2, 5, 33, 100_000]) {
  test(`every way to end a response is found in pieces of ${size} bytes`, t => {
    const methods = ['GET', 'POST', 'HEAD', 'GET', 'GET', 'GET', 'GET']
    t.deepEqual(read(RESPONSES, methods, size), [
      '200', 'end', '100', '103', '204', 'end', '200', 'end', '304', 'end', '200', 'end', '200', 'end', '200 closes'
    ])
  })
}

test('bytes after the last asked-for response are surplus', t => {
  const response = 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'
  t.deepEqual(read(response + response, ['GET'], 100_000), ['200', 'end', 'surplus'])
})

test('a response with both framings is malformed', t => {
  const response = 'HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n'
  t.deepEqual(read(response, ['GET'], 100_000), ['malformed'])
})

test('something that is no HTTP is malformed', t => {
  t.deepEqual(read('ICY 200 OK\r\n\r\n', ['GET'], 1), ['malformed'])
})

test('a 101 and a 2xx to CONNECT have no body', t => {
  t.deepEqual(read('HTTP/1.1 101 Switching Protocols\r\n\r\n', ['GET'], 1), ['101', 'end'])
  t.deepEqual(read('HTTP/1.1 200 OK\r\n\r\n', ['CONNECT'], 1), ['200', 'end'])
})

test('an HTTP/1.0 response without keep-alive closes', t => {
  t.deepEqual(read('HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n', ['GET'], 9), ['200 closes', 'end'])
})
