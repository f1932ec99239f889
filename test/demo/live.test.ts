import { once } from 'node:events'
import { createServer, request, type IncomingMessage } from 'node:http'
import { connect, type AddressInfo, type Socket } from 'node:net'
import test, { type ExecutionContext } from 'ava'
import { WebSocket } from 'ws'
import type { Service } from '../../demo/shop/service.ts'
import { createService } from '../../demo/shop/create-service.ts'

const KEY = 'dGhlIHNhbXBsZSBub25jZQ=='
const HANDSHAKE = {
  connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13', 'sec-websocket-key': KEY
}
const [TEXT, CLOSE, PING, PONG] = [0x1, 0x8, 0x9, 0xa] as const

const OTHERS: Readonly<Record<string, readonly [asked: Asked, status: number]>> = {
  'of another protocol': [{ headers: { connection: 'Upgrade', upgrade: 'h2c' } }, 200],
  'of another method': [{ method: 'POST', path: '/live' }, 200],
  'of another path': [{ path: '/' }, 200],
  'of another version': [{ path: '/live', headers: { ...HANDSHAKE, 'sec-websocket-version': '8' } }, 426],
  'with a key that is none': [{ path: '/live', headers: { ...HANDSHAKE, 'sec-websocket-key': 'short' } }, 400]
}
for (const [name, [asked, status]] of Object.entries(OTHERS)) {
  test(`an upgrade ${name} is answered as the request that it is`, async t => {
    const answer = await ask(await listen(t), asked)
    t.is(answer.statusCode, status)
    t.is(answer.headers['sec-websocket-version'], status === 426 ? '13' : undefined)
  })
}

test('the handshake is accepted as RFC 6455 says', async t => {
  const answer = await ask(await listen(t), { path: '/live' })
  t.is(answer.statusCode, 101)
  t.is(answer.headers['sec-websocket-accept'], 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=')
})

for (const services of [1, 3]) {
  const behind = services === 1 ? 'the last service' : 'the last of three services'

  test(`${behind} answers a ping, and a close with its code`, async t => {
    const socket = new WebSocket(`ws://127.0.0.1:${await listenChain(t, services)}/live`)
    t.teardown(() => socket.terminate())
    await once(socket, 'open')

    socket.ping('are you there')
    const [pong] = await once(socket, 'pong') as [Buffer]
    t.is(String(pong), 'are you there')

    socket.close(4001, 'enough')
    const [code, reason] = await once(socket, 'close') as [number, Buffer]
    t.deepEqual([code, String(reason)], [4001, 'enough'])
  })

  test(`${behind} reads frames however they come`, async t => {
    const port = await listenChain(t, services)
    const sent = Buffer.concat([frame(TEXT, 'x'.repeat(300)), frame(PING, 'a'), frame(CLOSE, '')])
    for (const pieceBytes of [1, 7, sent.length]) {
      const caller = await call(t, port)
      for (let at = 0; at < sent.length; at += pieceBytes) {
        caller.socket.write(sent.subarray(at, at + pieceBytes))
        await new Promise(resolve => setImmediate(resolve))
      }
      t.deepEqual(await caller.controls(), [[PONG, 'a'], [CLOSE, '']], `${pieceBytes} at once`)
    }
  })

  test(`${behind} reads what comes with the handshake`, async t => {
    const caller = await call(t, await listenChain(t, services), Buffer.concat([frame(PING, 'b'), frame(CLOSE, '')]))
    t.deepEqual(await caller.controls(), [[PONG, 'b'], [CLOSE, '']])
  })
}

const BROKEN: Readonly<Record<string, Buffer>> = {
  'a frame that is not masked': Buffer.from([0x80 | PING, 1, 97]),
  'a frame that is too long': Buffer.concat([Buffer.from([0x80 | TEXT, 0x80 | 126, 0xff, 0xff]), Buffer.alloc(4)]),
  'a long ping': frame(PING, 'x'.repeat(126))
}
for (const [name, bytes] of Object.entries(BROKEN)) {
  test(`${name} ends the WebSocket`, async t => {
    const caller = await call(t, await listen(t), bytes)
    t.deepEqual(await caller.controls(), [])
  })
}

test('a service between others closes between two frames when it leaves', async t => {
  const next = await listenHalf(t)
  let between: ReturnType<typeof createService> | undefined
  const port = await listen(t, next, server => { between = server })
  const caller = await call(t, port)
  await caller.until(PONG)

  between?.emit('leaving')

  t.deepEqual(await caller.controls(), [[PONG, 'whole'], [CLOSE, '']])
})

type Asked = { readonly method?: string, readonly path?: string, readonly headers?: Readonly<Record<string, string>> }

async function ask (port: number, { method = 'GET', path = '/', headers = HANDSHAKE }: Asked): Promise<IncomingMessage> {
  const asked = request({ port, host: '127.0.0.1', method, path, headers, agent: false })
  asked.end()
  const upgraded = once(asked, 'upgrade') as Promise<[IncomingMessage, Socket]>
  const answered = once(asked, 'response') as Promise<[IncomingMessage]>
  const [answer, socket] = await Promise.race([upgraded, answered])
  if (socket === undefined) answer.resume()
  else socket.destroy()
  return answer
}

async function listenChain (t: ExecutionContext, services: number): Promise<number> {
  let port = await listen(t)
  for (let count = 1; count < services; count++) port = await listen(t, port)
  return port
}

async function listen (
  t: ExecutionContext, next?: number, prepare: (server: ReturnType<typeof createService>) => void = () => {}
): Promise<number> {
  const service: Service = {
    name: 'ledger',
    answeredBy: 'app',
    instance: 'test',
    ...next !== undefined && { next: { name: 'behind', url: `http://127.0.0.1:${next}/` } }
  }
  const server = createService(service)
  prepare(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => { server.closeAllConnections(); server.close() })
  return (server.address() as AddressInfo).port
}

/** Accepts every WebSocket, sends a pong and, with it, the beginning of one more frame. */
async function listenHalf (t: ExecutionContext): Promise<number> {
  const server = createServer().on('upgrade', (_req, socket) => {
    const head = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n'
    socket.on('error', () => socket.destroy())
    socket.write(Buffer.concat([Buffer.from(head), Buffer.of(0x80 | PONG, 5), Buffer.from('whole'), Buffer.of(0x81, 5, 104)]))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => { server.closeAllConnections(); server.close() })
  return (server.address() as AddressInfo).port
}

/** A caller who says the handshake, and `more` in the same piece. */
async function call (t: ExecutionContext, port: number, more: Buffer = Buffer.alloc(0)) {
  const socket = connect({ port, host: '127.0.0.1' })
  t.teardown(() => socket.destroy())
  let came: Buffer = Buffer.alloc(0)
  socket.on('error', () => {}).on('data', (bytes: Buffer) => { came = Buffer.concat([came, bytes]) })
  const lines = Object.entries(HANDSHAKE).map(([name, value]) => `${name}: ${value}\r\n`).join('')
  socket.write(Buffer.concat([Buffer.from(`GET /live HTTP/1.1\r\nhost: shop\r\n${lines}\r\n`), more]))
  return {
    socket,
    /** Until a frame of this kind has come. */
    until: async (opcode: number) => { while (!framesIn(came).some(([code]) => code === opcode)) await once(socket, 'data') },
    /** What came, but texts, once the other side has ended. */
    controls: async () => {
      if (!socket.readableEnded) await once(socket, 'close')
      return framesIn(came).filter(([opcode]) => opcode !== TEXT)
    }
  }
}

/** A frame of a caller: those are masked. */
function frame (opcode: number, text: string): Buffer {
  const payload = Buffer.from(text)
  const mask = Buffer.of(1, 2, 3, 4)
  const length = payload.length < 126 ? [payload.length] : [126, payload.length >> 8, payload.length & 0xff]
  const head = Buffer.of(0x80 | opcode, 0x80 | (length[0] ?? 0), ...length.slice(1))
  return Buffer.concat([head, mask, payload.map((byte, at) => byte ^ (mask[at % 4] ?? 0))])
}

/** Those that are whole, behind the head of the answer. */
function framesIn (bytes: Buffer): [opcode: number, text: string][] {
  const frames: [number, string][] = []
  let at = bytes.indexOf('\r\n\r\n') + 4
  while (at > 3 && at + 2 <= bytes.length) {
    const isLong = bytes[at + 1] === 126
    const from = at + (isLong ? 4 : 2)
    const to = from + (isLong ? bytes.readUInt16BE(at + 2) : bytes[at + 1] ?? 0)
    if (to > bytes.length) break
    frames.push([(bytes[at] ?? 0) & 0xf, bytes.toString('utf8', from, to)])
    at = to
  }
  return frames
}
