import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import test from 'ava'
import { ClientHelloReader, looksLikeTls, MAX_HELLO_BYTES } from '../../../proxy/tls/client-hello.ts'

/** What somebody sends first to a server that says nothing. */
async function firstFlight (call: (port: number) => () => void): Promise<Buffer> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const hangUp = call((server.address() as AddressInfo).port)
  const [socket] = await once(server, 'connection') as [Socket]
  const reader = new ClientHelloReader()
  const pieces: Buffer[] = []
  for await (const piece of socket as AsyncIterable<Buffer>) {
    pieces.push(piece)
    if (reader.push(piece) !== 'partial') break
  }
  hangUp()
  server.close()
  return Buffer.concat(pieces)
}

function node (options: object): (port: number) => () => void {
  return port => {
    const socket = connectTls({ port, host: '127.0.0.1', ...options })
    socket.on('error', () => {})
    return () => socket.destroy()
  }
}

function program (command: string, args: (port: number) => readonly string[]): (port: number) => () => void {
  return port => {
    const child = spawn(command, args(port), { stdio: 'ignore' })
    child.on('error', () => {})
    return () => child.kill('SIGKILL')
  }
}

let HELLO: Buffer = Buffer.alloc(0)
test.before(async () => {
  HELLO = await firstFlight(node({ servername: 'shop.example', ALPNProtocols: ['h2', 'http/1.1'] }))
})

test('Node\'s own ClientHello says name, protocols and versions', t => {
  const hello = new ClientHelloReader().push(HELLO)

  t.like(hello, { serverName: 'shop.example', protocols: ['h2', 'http/1.1'], versions: [0x0304, 0x0303] })
  t.true(looksLikeTls(HELLO, 0, HELLO.length))
})

test('a ClientHello is read the same in every split into two and byte by byte', t => {
  const whole = new ClientHelloReader().push(HELLO)
  for (let at = 1; at < HELLO.length; at++) {
    const reader = new ClientHelloReader()
    t.is(reader.push(HELLO.subarray(0, at)), 'partial')
    t.deepEqual(reader.push(HELLO.subarray(at)), whole)
  }
  const reader = new ClientHelloReader()
  const answers = [...HELLO].map(byte => reader.push(Buffer.of(byte)))
  t.true(answers.slice(0, -1).every(answer => answer === 'partial'))
  t.deepEqual(answers.at(-1), whole)
})

test('a ClientHello in many records is read the same', t => {
  const message = HELLO.subarray(5)
  for (const size of [1, 3, 4, 100]) {
    const records: Buffer[] = []
    for (let at = 0; at < message.length; at += size) {
      const piece = message.subarray(at, at + size)
      records.push(Buffer.of(22, 3, 1, piece.length >> 8, piece.length & 255), piece)
    }
    const read = new ClientHelloReader().push(Buffer.concat(records))
    t.deepEqual(read, new ClientHelloReader().push(HELLO), `records of ${size}`)
  }
})

test('no name, no protocols and one version are said as such', async t => {
  const bytes = await firstFlight(node({ maxVersion: 'TLSv1.2' }))

  const hello = new ClientHelloReader().push(bytes)
  t.like(hello, { serverName: undefined, alpn: undefined, protocols: [], versions: [0x0303] })
})

test('openssl\'s ClientHello is read', async t => {
  const bytes = await firstFlight(program('openssl', port =>
    ['s_client', '-connect', `127.0.0.1:${port}`, '-servername', 'a.example', '-alpn', 'http/1.1', '-tls1_3']))

  t.like(new ClientHelloReader().push(bytes), { serverName: 'a.example', protocols: ['http/1.1'], versions: [0x0304] })
})

test('curl\'s ClientHello is read', async t => {
  const bytes = await firstFlight(program('curl', port =>
    ['-sk', '--resolve', `b.example:${port}:127.0.0.1`, `https://b.example:${port}/`]))

  const hello = new ClientHelloReader().push(bytes)
  if (typeof hello === 'string') return t.fail(hello)
  t.is(hello.serverName, 'b.example')
  t.true(hello.protocols.includes('http/1.1'))
})

test('every byte changed to every extreme is read or refused, never thrown at', t => {
  for (let at = 0; at < HELLO.length; at++) {
    for (const value of [0, 1, 0x7f, 0xff]) {
      const hostile = Buffer.from(HELLO)
      hostile[at] = value
      t.notThrows(() => new ClientHelloReader().push(hostile), `byte ${at} is ${value}`)
    }
  }
})

test('lengths that lie are no ClientHello', t => {
  const lying: Record<string, Buffer> = {
    'an empty record': Buffer.of(22, 3, 1, 0, 0),
    'a record above 16 KiB': Buffer.of(22, 3, 1, 0xff, 0xff),
    'a message above the bound': Buffer.of(22, 3, 1, 0, 4, 1, 0, (MAX_HELLO_BYTES >> 8) + 1, 0),
    'an empty message': Buffer.of(22, 3, 1, 0, 4, 1, 0, 0, 0),
    'a message shorter than its fields': Buffer.of(22, 3, 1, 0, 6, 1, 0, 0, 2, 3, 3),
    'another message': Buffer.of(22, 3, 1, 0, 4, 2, 0, 0, 9),
    'an alert in between': Buffer.concat([Buffer.of(22, 3, 1, 0, 4, 1, 0, 0, 9), Buffer.of(21, 3, 1, 0, 2)])
  }
  for (const [name, bytes] of Object.entries(lying)) t.is(new ClientHelloReader().push(bytes), 'none', name)
})

test('what is no TLS is told by its first bytes', t => {
  const others = [
    'GET / HTTP/1.1\r\n', 'PRI * HTTP/2.0', '\0\0\0\x08\x04\xd2\x16\x2f', '\x16\x02\x01', '\x16\x03\x05',
    '\x16\x03\x01\x00\x04\x02'
  ]
  for (const text of others) {
    const bytes = Buffer.from(text, 'latin1')
    t.false(looksLikeTls(bytes, 0, bytes.length), JSON.stringify(text))
  }
  for (let to = 1; to < 20; to++) t.true(looksLikeTls(HELLO, 0, to), `${to} bytes`)
  const shifted = Buffer.concat([Buffer.from('xx'), HELLO])
  t.true(looksLikeTls(shifted, 2, shifted.length))
})
