import test from 'ava'
import { ProtocolViolation } from '../../tunnel/errors.ts'
import type { StreamHead, StreamReply } from '../../tunnel/control-messages.ts'
import { encodeMessage } from '../../tunnel/length-prefix.ts'
import { createReplyParser, encodeStreamHead, encodeStreamReply, readStreamHead } from '../../tunnel/stream-head.ts'
import { splitBytewise } from './helpers/random.ts'
import { openSessionPair, readAll, settle } from './helpers/session-pair.ts'

const head: StreamHead = {
  intercept: 'i-1', port: 8080, protocol: 'http/1.1', caller: { address: '10.0.0.7', port: 40_001 }
}

async function openStreamPair (t: Parameters<typeof openSessionPair>[0]) {
  const { cli, proxy } = openSessionPair(t)
  await proxy.ready
  const opener = proxy.session.openStream()
  opener.write(Buffer.alloc(0))
  await settle()
  const [acceptor] = cli.streams
  if (acceptor === undefined) throw new Error('No stream arrived')
  return { opener, acceptor }
}

test('the head arrives, and the bytes behind it are the rest', async t => {
  const { opener, acceptor } = await openStreamPair(t)
  opener.cork()
  opener.write(encodeStreamHead(head))
  opener.write('GET / HTTP/1.1\r\n')
  opener.uncork()
  const result = await readStreamHead(acceptor)
  t.deepEqual(result.head, head)
  t.is(result.rest.toString(), 'GET / HTTP/1.1\r\n')

  opener.end('more')
  t.is((await readAll(acceptor)).toString(), 'more')
})

test('a head that comes one byte at a time is the same', async t => {
  const { opener, acceptor } = await openStreamPair(t)
  const reading = readStreamHead(acceptor)
  for (const byte of splitBytewise(encodeStreamHead(head))) {
    opener.write(byte)
    await new Promise(resolve => setImmediate(resolve))
  }
  t.deepEqual(await reading, { head, rest: Buffer.alloc(0) })
})

test('a stream that ends or is reset before its head is an error', async t => {
  const first = await openStreamPair(t)
  first.opener.end(encodeStreamHead(head).subarray(0, 10))
  await t.throwsAsync(readStreamHead(first.acceptor), { code: 'WAYLAY_TUNNEL_FAILED' })
  const second = await openStreamPair(t)
  second.opener.destroy()
  await t.throwsAsync(readStreamHead(second.acceptor), { code: 'WAYLAY_TUNNEL_FAILED' })
})

const refusesHead = test.macro(async (t, bytes: Buffer, message: RegExp) => {
  const { opener, acceptor } = await openStreamPair(t)
  opener.write(bytes)
  await t.throwsAsync(readStreamHead(acceptor), { code: 'WAYLAY_TUNNEL_PROTOCOL', message })
})

test('a head over 16 KiB is refused at its length', refusesHead, Buffer.from([0, 0, 64, 1]), /16385 bytes/)
test('a head of an unknown protocol is refused by name', refusesHead,
  encodeMessage({ ...head, protocol: 'udp' }), /protocol udp/)
test('a head with port 70000 is refused by its value', refusesHead,
  encodeMessage({ ...head, port: 70_000 }), /"port" is 70000/)
test('a head without a caller is refused', refusesHead,
  encodeMessage({ ...head, caller: undefined }), /missing/)

const replies: StreamReply[] = [
  { ok: true },
  { ok: false, code: 'WAYLAY_DEVELOPER_REFUSED', message: 'Nothing listens on 127.0.0.1:3000' }
]

for (const reply of replies) {
  test(`a reply of ok=${reply.ok} parses whole, cut anywhere and bytewise`, t => {
    const bytes = Buffer.concat([encodeStreamReply(reply), Buffer.from('HTTP/1.1 200 OK')])
    t.deepEqual(createReplyParser().push(bytes), { reply, rest: Buffer.from('HTTP/1.1 200 OK') })
    const size = encodeStreamReply(reply).length
    for (let cut = 1; cut < size; cut++) {
      const parser = createReplyParser()
      t.is(parser.push(bytes.subarray(0, cut)), undefined)
      t.deepEqual(parser.push(bytes.subarray(cut)), { reply, rest: Buffer.from('HTTP/1.1 200 OK') })
    }
    const parser = createReplyParser()
    const results = splitBytewise(bytes.subarray(0, size)).map(byte => parser.push(byte))
    t.deepEqual(results.at(-1), { reply, rest: Buffer.alloc(0) })
    t.true(results.slice(0, -1).every(result => result === undefined))
  })
}

test('a reply that is not ours is refused', t => {
  t.throws(() => createReplyParser().push(Buffer.from('HTTP/1.1 200 OK\r\n')), { instanceOf: ProtocolViolation })
  t.throws(() => createReplyParser().push(encodeMessage({ ok: 'yes' })), { message: /"ok" is "yes"/ })
})
