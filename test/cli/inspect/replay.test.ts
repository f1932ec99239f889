import { createServer, type ServerHttp2Stream } from 'node:http2'
import { once } from 'node:events'
import type { AddressInfo, Socket } from 'node:net'
import { buffer } from 'node:stream/consumers'
import test, { type ExecutionContext } from 'ava'
import { createDeveloper } from '../../../cli/intercept/developer/developer.ts'
import type { RequestStart } from '../../../cli/inspect/exchange.ts'
import { LIMITS } from '../../../cli/inspect/exchange-log.ts'
import { MASK } from '../../../cli/inspect/mask.ts'
import { replay } from '../../../cli/inspect/replay.ts'
import type { ReplayWish } from '../../../cli/inspect/view-types.ts'
import { startProgram } from '../helpers/delivery.ts'
import { until } from '../helpers/until.ts'
import { aLog, ORIGIN, recordOf } from './records.ts'

const START: RequestStart = {
  method: 'POST',
  target: '/charge?token=abc',
  headers: [['host', 'pay.shop', 'Host'], ['authorization', 'Bearer abc', 'Authorization'], ['content-length', '5', 'Content-Length'], ['x-a', '1', 'X-A'], ['x-a', '2', 'X-A']]
}

/** A program that remembers what it is sent, and one exchange with it. */
async function startCase (t: ExecutionContext, limits = LIMITS) {
  const asked: string[] = []
  const developer = await startProgram(t, socket => {
    socket.on('data', (bytes: Buffer) => {
      asked.push(bytes.toString('latin1'))
      socket.end('HTTP/1.1 202 Accepted\r\n\r\nagain')
    })
  })
  const log = aLog(limits)
  const original = log.begin({ ...ORIGIN, developer }, START)
  original.requestBody.push(Buffer.from('hello'))
  original.end()
  const send = async (wish: ReplayWish) => {
    const id = replay(log, original, wish)
    await until(() => log.get(id)?.state !== 'open')
    return recordOf(log.get(id)!)
  }
  return { asked, log, original, send }
}

test('a replay sends the same request to the same program, and shows its answer', async t => {
  const { asked, log, send } = await startCase(t)

  t.like(await send({}), { state: 'done', status: 202, sent: 'hello', received: 'again', target: '/charge?token=abc' })

  t.deepEqual(asked, ['POST /charge?token=abc HTTP/1.1\r\nHost: pay.shop\r\nAuthorization: Bearer abc\r\nX-A: 1\r\nX-A: 2\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello'])
  t.like(log.exchanges[1]?.origin, { replayOf: 1, caller: 'replay' })
})

test('what was edited is sent, and what was hidden meanwhile is as it was', async t => {
  const { asked, send } = await startCase(t)

  await send({
    method: 'PUT', target: `/other?token=${MASK}&x=1`, headers: [['Authorization', MASK], ['X-New', 'ü']], body: { text: 'bye' }
  })

  t.deepEqual(asked, ['PUT /other?token=abc&x=1 HTTP/1.1\r\nAuthorization: Bearer abc\r\nX-New: ü\r\nHost: localhost\r\nContent-Length: 3\r\nConnection: close\r\n\r\nbye'])
})

test('a wish that would make two requests of one is refused', async t => {
  const { asked, log, original } = await startCase(t)
  const wishes: ReplayWish[] = [
    { method: 'GET / HTTP/1.1\r\nHost: a\r\n\r\nGET' }, { target: '/ HTTP/1.1\r\nX: y' }, { target: 'no-slash' }, { target: '/a b' }, { target: `/${MASK}` },
    // The last byte of these is a line end.
    { target: '/\u4e0aX:y' },
    { headers: [['X-A', '1\r\nX-B: 2']] }, { headers: [['X A', '1']] }, { headers: [['X-A', '™']] },
    { headers: [['Host', 'a'], ['Host', 'b']] }
  ]
  for (const wish of wishes) t.throws(() => replay(log, original, wish), { code: 'WAYLAY_USAGE' }, JSON.stringify(wish))
  t.is(log.exchanges.length, 1)
  t.deepEqual(asked, [])
})

test('a body that was cut is not sent as if it were whole', async t => {
  const { log, original, send } = await startCase(t, { ...LIMITS, bodyBytes: 3 })
  t.throws(() => replay(log, original, {}), { message: 'Only 3 of the body\'s 5 bytes were kept' })
  t.like(await send({ body: { text: 'whole' } }), { state: 'done', status: 202 })
})

test('a WebSocket and a bare connection are not replayed', async t => {
  const { log, original } = await startCase(t)
  original.kind = 'websocket'
  t.throws(() => replay(log, original, {}), { code: 'WAYLAY_USAGE' })
})

test('a replay to a program that is gone says so', async t => {
  const log = aLog()
  const id = replay(log, log.begin({ ...ORIGIN, developer: createDeveloper({ port: 1 }) }, { ...START, method: 'GET' }), {})
  await until(() => log.get(id)?.state !== 'open')
  t.regex(log.get(id)?.note ?? '', /Nothing listens on 127\.0\.0\.1:1 /)
})

test('a request of HTTP/2 is replayed as HTTP/2, trailers and all', async t => {
  const server = createServer()
  server.on('request', (request, response) => {
    void buffer(request).then(body => {
      response.addTrailers({ 'grpc-status': '0' })
      response.writeHead(200, { 'content-type': 'application/grpc', 'x-path': request.url, 'x-a': request.headers['x-a'] }).end(body)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => { server.close() })
  const developer = createDeveloper({ port: (server.address() as AddressInfo).port })
  const log = aLog()
  const original = log.begin({ ...ORIGIN, developer, protocol: 'h2c' }, {
    method: 'POST', target: '/shop.Cart/Add', headers: [['host', 'cart.shop'], ['content-type', 'application/grpc'], ['te', 'trailers'], ['x-a', '1'], ['x-a', '2']]
  })
  original.requestBody.push(Buffer.from('\0\0\0\0\x02hi', 'latin1'))

  const id = replay(log, original, {})
  await until(() => log.get(id)?.state !== 'open')

  const replayed = log.get(id)!
  t.like(recordOf(replayed), { kind: 'grpc', state: 'done', status: 200, received: '\0\0\0\0\x02hi', trailers: ['grpc-status: 0'] })
  t.deepEqual(replayed.messages, { sent: [2], received: [2] })
  t.is(replayed.responseHeaders.find(([name]) => name === 'x-a')?.[1], '1, 2')
})

const endsBroken = test.macro(async (t, serve: (stream: ServerHttp2Stream, cut: () => void) => void, note: RegExp) => {
  const server = createServer()
  const sockets: Socket[] = []
  server.on('connection', (socket: Socket) => { sockets.push(socket) })
  server.on('sessionError', () => {})
  server.on('stream', (stream: ServerHttp2Stream) => {
    stream.on('error', () => {})
    serve(stream, () => { sockets.at(-1)?.destroy() })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => { server.close() })
  const developer = createDeveloper({ port: (server.address() as AddressInfo).port })
  const log = aLog()
  const original = log.begin({ ...ORIGIN, developer, protocol: 'h2c' }, { method: 'GET', target: '/', headers: [] })

  const id = replay(log, original, {})
  await until(() => log.get(id)?.state !== 'open')

  t.is(log.get(id)?.state, 'broken')
  t.regex(log.get(id)?.note ?? '', note)
})

test('a call over HTTP/2 that is reset has failed', endsBroken, stream => { stream.close(8) }, /reset \(code 8\)/)
test('so has one whose program goes away', endsBroken, (_stream, cut) => { cut() }, /closed its connection/)
test('and one whose answer breaks off', endsBroken, (stream, cut) => {
  stream.respond({ ':status': 200 })
  stream.write('half', cut)
}, /closed its connection/)

test('what Node cannot send as HTTP/2 is a replay that failed, and nothing else', async t => {
  const developer = await startProgram(t, () => {})
  const log = aLog()
  const twice: RequestStart['headers'] = [['content-type', 'text/plain'], ['content-type', 'text/html']]
  const original = log.begin({ ...ORIGIN, developer, protocol: 'h2c' }, { method: 'POST', target: '/', headers: twice })

  const id = replay(log, original, {})
  await until(() => log.get(id)?.state !== 'open')

  t.like(recordOf(log.get(id)!), { state: 'broken', status: undefined })
  t.regex(log.get(id)?.note ?? '', /content-type/)
})

test('a program that never answers a replay keeps no command from ending', async t => {
  const sockets: Socket[] = []
  const developer = await startProgram(t, () => {})
  const dial = async (): Promise<Socket> => {
    const socket = await developer.dial()
    sockets.push(socket)
    return socket
  }
  const log = aLog()
  for (const protocol of ['http/1.1', 'h2c'] as const) {
    const origin = { ...ORIGIN, developer: { ...developer, dial }, protocol }
    replay(log, log.begin(origin, { ...START, headers: [['host', 'pay.shop']] }), { body: { text: '' } })
  }
  const sent = () => log.exchanges.filter(({ marks }) => marks.sentMs !== undefined)
  await until(() => sockets.length === 2 && sent().length === 2)

  const held = process.getActiveResourcesInfo().filter(name => name === 'TCPSocketWrap').length
  for (const socket of sockets) socket.ref()
  t.is(process.getActiveResourcesInfo().filter(name => name === 'TCPSocketWrap').length, held + 2)
  for (const socket of sockets) socket.destroy()
})

test('a body that was written anew is not said to be packed', async t => {
  const { asked, send } = await startCase(t)
  await send({ headers: [['Content-Encoding', 'gzip'], ['X-A', '1']], body: { text: 'plain' } })
  await send({ headers: [['Content-Encoding', 'gzip'], ['X-A', '1']] })
  t.notRegex(asked[0] ?? '', /gzip/)
  t.regex(asked[1] ?? '', /Content-Encoding: gzip\r\n/)
})
