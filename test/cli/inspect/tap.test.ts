import { connect, createServer, type ServerHttp2Stream } from 'node:http2'
import type { AddressInfo, Socket } from 'node:net'
import { once } from 'node:events'
import { buffer } from 'node:stream/consumers'
import test from 'ava'
import { createDeveloper } from '../../../cli/intercept/developer/developer.ts'
import { inspectedDeveloper } from '../../../cli/inspect/inspected-developer.ts'
import { Http2Watch } from '../../../cli/inspect/watch/http2-watch.ts'
import { HEAD, openTunnel, readReply, startProgram } from '../helpers/delivery.ts'
import { until } from '../helpers/until.ts'
import { relay } from './relay.ts'
import { aLog, ORIGIN, recordOf } from './records.ts'

const REQUEST = Buffer.from('POST /up HTTP/1.1\r\nHost: pay\r\nContent-Length: 5\r\n\r\nhello')
const RESPONSE = Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 3\r\nX-Odd:  two  spaces \r\n\r\nyes')

test('what passes is the same to the byte, wherever it is cut', async t => {
  const log = aLog()
  const received: Buffer[] = []
  const developer = inspectedDeveloper(await startProgram(t, socket => {
    const pieces: Buffer[] = []
    socket.on('data', (bytes: Buffer) => {
      pieces.push(bytes)
      if (Buffer.concat(pieces).length < REQUEST.length) return
      received.push(Buffer.concat(pieces))
      socket.end(RESPONSE)
    })
  }), log)
  const open = await openTunnel(t, developer)

  for (let at = 1; at < REQUEST.length; at++) {
    const stream = open()
    stream.write(Buffer.concat([HEAD, REQUEST.subarray(0, at)]))
    await readReply(stream)
    stream.write(REQUEST.subarray(at))
    t.true(RESPONSE.equals(await buffer(stream)), `the response, the request cut at ${at}`)
    stream.end()
  }

  t.is(received.length, REQUEST.length - 1)
  t.true(received.every(bytes => bytes.equals(REQUEST)))
  await until(() => log.exchanges.every(({ state }) => state === 'done'))
  t.is(log.exchanges.length, REQUEST.length - 1)
  for (const exchange of log.exchanges) {
    t.like(recordOf(exchange), { target: '/up', sent: 'hello', received: 'yes', status: 200 })
    t.like(exchange.origin, { pod: 'payments-1', caller: '10.0.0.7', intercept: 'abc' })
  }
})

test('16 MiB pass a watch unchanged while the program reads slowly', async t => {
  const log = aLog()
  const body = Buffer.alloc(16 * 1024 * 1024, 'waylay is patient. ')
  const head = Buffer.from(`POST / HTTP/1.1\r\nHost: pay\r\nContent-Length: ${body.length}\r\n\r\n`)
  const developer = inspectedDeveloper(await startProgram(t, socket => {
    socket.pause()
    socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${head.length + body.length}\r\n\r\n`)
    setTimeout(() => { socket.pipe(socket) }, 50)
  }), log)
  const stream = (await openTunnel(t, developer))()

  stream.write(HEAD)
  stream.end(Buffer.concat([head, body]))
  await readReply(stream)
  const answer = await buffer(stream)

  t.true(answer.subarray(answer.indexOf('\r\n\r\n') + 4).equals(Buffer.concat([head, body])))
  const [exchange] = log.exchanges
  t.is(exchange?.requestBody.totalBytes, body.length)
  t.is(exchange?.requestBody.bytes.length, log.limits.bodyBytes)
  t.is(exchange?.responseBody.totalBytes, head.length + body.length)
})

test('a watch that throws costs nobody a byte', async t => {
  const program = await startProgram(t, socket => { socket.pipe(socket) })
  const log = aLog()
  const inspected = inspectedDeveloper(program, log)
  log.begin = () => { throw new Error('no memory left') }
  const stream = (await openTunnel(t, inspected))()

  stream.write(HEAD)
  stream.end(REQUEST)
  await readReply(stream)

  t.true(REQUEST.equals(await buffer(stream)))
})

test('a program that does not listen is shown with what it was asked', async t => {
  const log = aLog()
  const stream = (await openTunnel(t, inspectedDeveloper(createDeveloper({ port: 1 }), log)))()

  stream.write(Buffer.concat([HEAD, REQUEST]))
  const reply = await readReply(stream)

  t.false(reply.ok)
  t.like(recordOf(log.exchanges[0]!), { method: 'POST', state: 'broken', status: undefined })
  t.regex(log.exchanges[0]?.note ?? '', /Nothing listens on 127\.0\.0\.1:1 /)
})

test('without an inspector nobody listens to a stream but the splice', async t => {
  let program: Socket | undefined
  const developer = await startProgram(t, () => {})
  const dial = async (): Promise<Socket> => {
    program = await developer.dial()
    return program
  }
  const stream = (await openTunnel(t, { ...developer, dial }))()

  stream.write(Buffer.concat([HEAD, REQUEST]))
  await readReply(stream)

  t.is(program?.listenerCount('data'), 1)
})

test('streams of HTTP/2 are seen alike, however their frames are cut', async t => {
  const server = createServer()
  server.on('stream', (stream: ServerHttp2Stream, headers) => {
    void buffer(stream).then(asked => {
      stream.respond({ ':status': 200, 'content-type': 'application/grpc', 'x-asked': String(headers['x-value']) }, { waitForTrailers: true })
      stream.on('wantTrailers', () => { stream.sendTrailers({ 'grpc-status': '5' }) })
      stream.end(Buffer.concat([asked, asked]))
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => { server.close() })
  const { port, pieces } = await relay(t, (server.address() as AddressInfo).port)
  const session = connect(`http://127.0.0.1:${port}`)
  const message = Buffer.from('\0\0\0\0\x03abc', 'latin1')
  for (const value of ['a'.repeat(300), 'b'.repeat(300)]) {
    const stream = session.request({ ':method': 'POST', ':path': '/shop.Cart/Add', 'content-type': 'application/grpc', 'x-value': value })
    stream.end(message)
    t.is((await buffer(stream)).length, 16)
  }
  session.close()
  await once(session, 'close')

  for (const size of [1, 7, 64, Infinity]) {
    const log = aLog()
    const watching = new Http2Watch(log, { ...ORIGIN, protocol: 'h2c' })
    watching.connected()
    for (const { way, bytes } of pieces) {
      for (let at = 0; at < bytes.length; at += size) {
        const part = bytes.subarray(at, Math.min(bytes.length, at + size))
        if (way === '>') watching.toProgram(part)
        else watching.fromProgram(part)
      }
    }
    t.is(log.exchanges.length, 2)
    for (const exchange of log.exchanges) {
      t.like(recordOf(exchange), {
        method: 'POST',
        target: '/shop.Cart/Add',
        kind: 'grpc',
        state: 'done',
        status: 200,
        trailers: ['grpc-status: 5'],
        sent: message.toString('latin1'),
        received: message.toString('latin1').repeat(2)
      })
      t.deepEqual(exchange.messages, { sent: [3], received: [3, 3] })
    }
    t.deepEqual(log.exchanges.map(({ requestHeaders }) => requestHeaders.find(([name]) => name === 'x-value')?.[1]?.[0]), ['a', 'b'])
  }
})

test('a stream of HTTP/2 that is reset is shown as broken', async t => {
  const server = createServer()
  server.on('stream', stream => { stream.on('error', () => {}).close(2) })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => { server.close() })
  const { port, pieces } = await relay(t, (server.address() as AddressInfo).port)
  const session = connect(`http://127.0.0.1:${port}`)
  const stream = session.request({ ':path': '/' })
  await t.throwsAsync(buffer(stream))
  session.close()
  await once(session, 'close')

  const log = aLog()
  const watching = new Http2Watch(log, { ...ORIGIN, protocol: 'h2c' })
  for (const { way, bytes } of pieces) {
    if (way === '>') watching.toProgram(bytes)
    else watching.fromProgram(bytes)
  }

  t.like(recordOf(log.exchanges[0]!), { state: 'broken', note: 'The stream was reset (code 2)' })
})
