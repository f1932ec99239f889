import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { buffer } from 'node:stream/consumers'
import test, { type ExecutionContext } from 'ava'
import { readSocksRequest, refuseSocks, type SocksRequest } from '../../../cli/reach/serve-socks.ts'
import { SocksHandshake, type SocksStep } from '../../../cli/reach/socks-handshake.ts'
import { WaylayError } from '../../../common/errors.ts'

const GREETING = [5, 1, 0]
const name = (host: string, port = 80): number[] => [5, 1, 0, 3, host.length, ...Buffer.from(host, 'latin1'), port >> 8, port & 255]

/** All steps of these bytes, in pieces of a size. */
function steps (bytes: readonly number[], size = 1000): SocksStep[] {
  const handshake = new SocksHandshake()
  const all: SocksStep[] = []
  for (let at = 0; at < bytes.length; at += size) {
    handshake.push(Buffer.from(bytes.slice(at, at + size)))
    for (let step = handshake.next(); step.kind !== 'more'; step = handshake.next()) {
      all.push(step)
      if (step.kind === 'request' || step.kind === 'refused') return all
    }
  }
  return all
}

function requestOf (bytes: readonly number[], size?: number): unknown {
  const last = steps([...GREETING, ...bytes], size).at(-1)
  return last?.kind === 'request' ? [last.host, last.port] : last?.kind === 'refused' ? last.bytes[1] : last?.kind
}

test('a request names an IPv4 address, an IPv6 address or a name', t => {
  t.deepEqual(requestOf([5, 1, 0, 1, 10, 96, 0, 9, 0x1f, 0x90]), ['10.96.0.9', 8080])
  t.deepEqual(requestOf([5, 1, 0, 4, 0xfd, 0, ...Array(13).fill(0) as number[], 9, 0, 80]), ['fd00:0:0:0:0:0:0:9', 80])
  t.deepEqual(requestOf(name('ledger.shop', 443)), ['ledger.shop', 443])
  t.deepEqual(requestOf(name('x'.repeat(255))), ['x'.repeat(255), 80])
})

test('a handshake byte by byte is the same, and what follows it is kept', t => {
  for (const size of [1, 2, 3, 7]) t.deepEqual(requestOf(name('ledger.shop'), size), ['ledger.shop', 80])
  const all = steps([5, 3, 2, 1, 0, ...name('a'), 71, 69, 84])
  t.deepEqual(all.map(({ kind }) => kind), ['answer', 'request'])
  t.like(all[1], { rest: Buffer.from('GET') })
})

test('what SOCKS5 has no word for is refused with the word that fits best', t => {
  t.is(requestOf([5, 2]), 7, 'BIND')
  t.is(requestOf([5, 3]), 7, 'UDP ASSOCIATE')
  t.is(requestOf([5, 1, 0, 2]), 8, 'no such address type')
  t.is(requestOf([5, 1, 9, 1, 1, 2, 3, 4, 0, 80]), 1, 'reserved')
  t.is(requestOf(name('')), 1, 'no name')
  t.is(requestOf(name('a\r\nb')), 1, 'a name that is none')
  t.is(requestOf(name('a', 0)), 1, 'port 0')
  t.deepEqual(steps([5, 2, 1, 2]).map(step => 'bytes' in step ? [...step.bytes] : []), [[5, 0xff]], 'only with a password')
  t.deepEqual(steps([5, 0]).map(step => 'bytes' in step ? [...step.bytes] : []), [[5, 0xff]], 'no method at all')
})

test('other protocols are ended at their first byte', t => {
  t.deepEqual(steps([4, 1, 0, 80, 1, 2, 3, 4, 0]).map(step => 'bytes' in step ? step.bytes.length : -1), [0])
  t.deepEqual(steps([0x16, 3, 1]).map(({ kind }) => kind), ['refused'])
  t.regex(String(steps([...Buffer.from('CONNECT a:1 HTTP/1.1')]).map(step => 'bytes' in step ? step.bytes : '')), /^HTTP\/1.1 400/)
  t.deepEqual(steps([5, 1, 0, 4]).map(({ kind }) => kind), ['answer', 'refused'], 'another version in the request')
})

test('random bytes never throw and never keep more than a handshake', t => {
  for (let round = 0; round < 3000; round++) {
    const bytes = Array.from({ length: round % 40 }, () => Math.floor(Math.random() * 256))
    t.notThrows(() => steps(round % 2 === 0 ? [...GREETING, 5, 1, 0, ...bytes] : bytes, 1 + round % 5), bytes.join())
  }
})

type Accepted = { caller: Socket, request: Promise<SocksRequest | undefined>, socket: Socket }

async function accept (t: ExecutionContext, limitMs?: number): Promise<Accepted> {
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const caller = connect({ host: '127.0.0.1', port: (server.address() as AddressInfo).port, allowHalfOpen: true })
  const [socket] = await once(server, 'connection') as [Socket]
  socket.on('error', () => {})
  t.teardown(() => {
    caller.destroy()
    socket.destroy()
    server.close()
  })
  return { caller, socket, request: readSocksRequest(socket, limitMs) }
}

test('a caller that sends its handshake too slowly is ended', async t => {
  const { caller, request } = await accept(t, 100)
  caller.write(Buffer.from([5]))
  const timer = setInterval(() => { caller.write(Buffer.from([200])) }, 20)
  t.is(await request, undefined)
  clearInterval(timer)
})

test('half a handshake and an end, or a reset, is the end', async t => {
  const half = await accept(t)
  half.caller.end(Buffer.from([...GREETING, 5, 1]))
  t.is(await half.request, undefined)
  const cut = await accept(t)
  cut.caller.write(Buffer.from(GREETING))
  await once(cut.caller, 'data')
  cut.caller.resetAndDestroy()
  t.is(await cut.request, undefined)
})

for (const [code, reply] of [
  ['WAYLAY_EGRESS_FORBIDDEN', 2], ['WAYLAY_REACH_FORBIDDEN', 2], ['WAYLAY_FORBIDDEN', 2], ['WAYLAY_REACH_UNKNOWN', 4],
  ['WAYLAY_REACH_REFUSED', 5], ['WAYLAY_NO_CLUSTER', 3], ['WAYLAY_TUNNEL_FAILED', 1], ['WAYLAY_INTERNAL', 1]
] as const) {
  test(`a dial that failed with ${code} is answered with ${reply}`, async t => {
    const { caller, socket, request } = await accept(t)
    caller.write(Buffer.from([...GREETING, ...name('a')]))
    await request
    refuseSocks(socket, new WaylayError(code, 'x'))
    t.deepEqual([...await buffer(caller)], [5, 0, 5, reply, 0, 1, 0, 0, 0, 0, 0, 0])
  })
}
