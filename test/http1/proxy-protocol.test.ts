import test from 'ava'
import { findProxyHeadEnd } from '../../http1/proxy-protocol.ts'
import { MALFORMED, PARTIAL } from '../../http1/syntax.ts'

const V2_SIGNATURE = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1')

function v2 (length: number): Buffer {
  const head = Buffer.concat([V2_SIGNATURE, Buffer.from([0x21, 0x11, length >> 8, length & 255])])
  return Buffer.concat([head, Buffer.alloc(length, 7)])
}

const WHOLE: readonly (readonly [name: string, head: Buffer])[] = [
  ['version 1 with IPv4', Buffer.from('PROXY TCP4 192.0.2.1 192.0.2.2 56324 443\r\n')],
  ['version 1 without addresses', Buffer.from('PROXY UNKNOWN\r\n')],
  ['version 2 with IPv4', v2(12)],
  ['version 2 with much more', v2(2000)]
]

for (const [name, head] of WHOLE) {
  test(`${name} ends where it ends, however much of it is there`, t => {
    const behind = Buffer.concat([Buffer.from('xx'), head, Buffer.from('GET / HTTP/1.1\r\n')])
    t.is(findProxyHeadEnd(behind, 2, behind.length), 2 + head.length)
    for (let length = 0; length < head.length; length++) t.is(findProxyHeadEnd(behind, 2, 2 + length), PARTIAL)
  })
}

for (const [name, bytes] of [
  ['a request', Buffer.from('PUT / HTTP/1.1\r\n')],
  ['version 1 that does not end', Buffer.from(`PROXY ${'1'.repeat(200)}\r\n`)],
  ['version 1 with a CR in it', Buffer.from('PROXY UNKNOWN\r\r\n')],
  ['version 1 with a CR at its end', Buffer.from('PROXY UNKNOWN\rGET / HTTP/1.1\r\n')],
  ['version 1 ended by LF alone', Buffer.from('PROXY UNKNOWN\n')],
  ['version 2 that is too long', v2(5000)],
  ['an empty line', Buffer.from('\r\n\r\nGET / HTTP/1.1\r\n')]
] as const) {
  test(`${name} is none`, t => {
    t.is(findProxyHeadEnd(bytes, 0, bytes.length), MALFORMED)
  })
}
